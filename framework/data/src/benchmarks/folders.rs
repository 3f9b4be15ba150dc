//! From listed clips to clips with their frames: what lies in each folder.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use exp_core::clip::{Clip, Recount, Side, Split, Unusable};
use rayon::prelude::*;

use crate::natural::natural_order;

/// File names that end so are frames.
pub(crate) const FRAMES: [&str; 3] = ["jpg", "jpeg", "png"];

/// A clip as a list names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name, as in [`Clip::name`].
    pub name: String,
    /// The folder that should hold its frames.
    pub folder: PathBuf,
    /// Index of its class.
    pub label: usize,
    /// How many frames the list gives it, where it says so.
    pub frames: Option<usize>,
}

/// Looks up the frames of all clips of a fold. A clip whose folder is missing or holds no frame is
/// [`Unusable`]; one with another number of frames than listed is noted, and has those on disk.
///
/// `progress` is called from several threads with (folders read, all folders).
pub fn look_up(
    classes: Vec<String>,
    train: Vec<Listed>,
    test: Vec<Listed>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Split {
    let (done, total) = (AtomicUsize::new(0), train.len() + test.len());
    let mut split = Split {
        classes,
        ..Split::default()
    };
    for (side, listed) in [(Side::Train, train), (Side::Test, test)] {
        // In parallel, since on a network file system each folder takes a round trip.
        let read: Vec<_> = listed
            .par_iter()
            .map(|clip| {
                let frames = frames_in(&clip.folder);
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
                frames
            })
            .collect();
        for (clip, frames) in listed.into_iter().zip(read) {
            add(&mut split, side, clip, frames);
        }
    }
    split
}

fn add(split: &mut Split, side: Side, clip: Listed, frames: Result<Vec<PathBuf>, String>) {
    let Listed {
        name,
        label,
        frames: listed,
        ..
    } = clip;
    let frames = match frames {
        Ok(frames) => frames,
        Err(reason) => {
            split.unusable.push(Unusable {
                side,
                name,
                label,
                reason,
            });
            return;
        }
    };
    if let Some(listed) = listed.filter(|listed| *listed != frames.len()) {
        split.recounted.push(Recount {
            side,
            name: name.clone(),
            listed,
            found: frames.len(),
        });
    }
    let clips = match side {
        Side::Train => &mut split.train,
        Side::Test => &mut split.test,
    };
    clips.push(Clip {
        name,
        frames,
        label,
        subject: None,
    });
}

/// The frame files of a folder in the order of their numbers: its JPEG and PNG files but the hidden
/// ones (macOS leaves `._1.jpg` beside `1.jpg`). Other files and folders are passed over.
///
/// `Err` says why there is no clip here: the folder cannot be read, it holds no frame, or it holds
/// both formats, or two files of one name, so that frames would be seen twice.
pub fn frames_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let shown = folder.display();
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("there is no folder {shown}"),
        _ => format!("cannot read the folder {shown}: {error}"),
    };
    let mut names: Vec<OsString> = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        if is_frame(Path::new(&name)) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err(format!("no .jpg, .jpeg or .png file in {shown}"));
    }
    // Names that are no UTF-8 may look the same; their bytes tell them apart.
    names.sort_by(|a, b| {
        natural_order(&a.to_string_lossy(), &b.to_string_lossy()).then_with(|| a.cmp(b))
    });
    let is_png = |name: &&OsString| ends_with(Path::new(name), "png");
    let (png, jpeg) = (
        names.iter().find(is_png),
        names.iter().find(|name| !is_png(name)),
    );
    if let (Some(png), Some(jpeg)) = (png, jpeg) {
        return Err(format!(
            "both JPEG and PNG files, such as {} and {}, in {shown}: frames would be seen twice; \
             remove one format",
            jpeg.display(),
            png.display()
        ));
    }
    let stems = |pair: &&[OsString]| {
        let stem = |name: &OsString| Path::new(name).file_stem().map(OsString::from);
        stem(&pair[0]) == stem(&pair[1])
    };
    if let Some(twice) = names.windows(2).find(stems) {
        return Err(format!(
            "{} and {} are the same frame twice in {shown}; remove one of them",
            twice[0].display(),
            twice[1].display()
        ));
    }
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// Whether a file of this name is a frame.
pub(crate) fn is_frame(name: &Path) -> bool {
    let hidden = name.as_os_str().as_encoded_bytes().starts_with(b".");
    !hidden && FRAMES.iter().any(|known| ends_with(name, known))
}

fn ends_with(name: &Path, ending: &str) -> bool {
    name.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case(ending))
}
