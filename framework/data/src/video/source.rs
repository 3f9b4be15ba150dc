//! What there is to prepare: videos, and folders of frames.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::error::VideoError;
use super::ffmpeg::Ffmpeg;
use super::job::OWN_NAMES;
use crate::benchmarks::{FRAMES, frames_in, is_frame};
use crate::decode::{Frame, read_frame};
use crate::natural::natural_order;

/// File names that end so are taken for videos in a folder. A file that is named itself may end as
/// it likes: ffmpeg looks inside.
const VIDEOS: [&str; 12] = [
    "3gp", "avi", "flv", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "ts", "webm", "wmv",
];

/// One clip as it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    /// The clip's folder in the output: its path below the input, for a video without the ending.
    pub folder: PathBuf,
    /// Where its frames come from.
    pub content: Content,
}

/// Where frames come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// A file for ffmpeg.
    Video(PathBuf),
    /// A folder with image files.
    Frames(PathBuf),
}

impl Source {
    /// The clip's name in the log and in files of boxes: its folder with `/` between the parts.
    pub(super) fn name(&self) -> String {
        let parts = self.folder.iter().map(|part| part.to_string_lossy());
        match parts.collect::<Vec<_>>().join("/") {
            // Frames that lie in the input itself, beside other clips.
            name if name.is_empty() => ".".to_owned(),
            name => name,
        }
    }

    /// Hands over the frames in order, all of one size, as [`Ffmpeg::frames`] does; returns how many
    /// there were, and what ffmpeg had to say.
    pub(super) fn frames(
        &self,
        ffmpeg: Option<Ffmpeg>,
        each: &mut dyn FnMut(Frame) -> Result<(), VideoError>,
    ) -> Result<(usize, String), VideoError> {
        let (mut count, mut size) = (0, None);
        let mut checked = |frame: Frame| {
            count += 1;
            let found = (frame.width, frame.height);
            match *size.get_or_insert(found) {
                expected if expected != found => Err(VideoError::Size {
                    frame: count,
                    found,
                    expected,
                }),
                _ => each(frame),
            }
        };
        let message = match &self.content {
            Content::Video(path) => {
                let ffmpeg = ffmpeg.ok_or(VideoError::NoFfmpeg)?;
                ffmpeg.frames(path, &mut checked)?
            }
            Content::Frames(folder) => {
                for path in frames_in(folder).map_err(VideoError::Frames)? {
                    checked(read_frame(&path)?)?;
                }
                String::new()
            }
        };
        Ok((count, message))
    }
}

/// The clips of an input in natural order: a video, a folder of frames, or a folder that holds such
/// at any depth. Links are followed, but for those to a folder that they lie in. Names that begin with
/// a dot are passed over, and so is `without`, the output, should it lie in the input.
pub(super) fn sources(input: &Path, without: Option<&Path>) -> Result<Vec<Source>, VideoError> {
    let mut found = Vec::new();
    if fs::metadata(input)
        .map_err(VideoError::io("read", input))?
        .is_dir()
    {
        let without = without.and_then(|path| fs::canonicalize(path).ok());
        let whole = fs::canonicalize(input).map_err(VideoError::io("read", input))?;
        let mut above: Vec<PathBuf> = without.into_iter().filter(|path| *path != whole).collect();
        walk(input, Path::new(""), &mut above, &mut found)?;
    } else {
        found.push(Source {
            folder: PathBuf::from(input.file_stem().unwrap_or_default()),
            content: Content::Video(input.to_owned()),
        });
    }
    let problem = |message| VideoError::Input {
        path: input.to_owned(),
        message,
    };
    if found.is_empty() {
        return Err(problem(format!(
            "expected a video, or a folder of videos (.{}) or of frames (.{}); there is none in it",
            VIDEOS.join(", ."),
            FRAMES.join(", .")
        )));
    }
    // The folder of frames that was named itself.
    if let [only] = &mut found[..]
        && only.folder.as_os_str().is_empty()
    {
        let path = fs::canonicalize(input).map_err(VideoError::io("read", input))?;
        only.folder = path.file_name().unwrap_or_default().into();
    }
    if let Some(source) = found.iter().find(|source| !is_usable(&source.folder)) {
        return Err(problem(format!(
            "a clip cannot have the folder `{}` in the output: it is either no name of a folder or one \
             that `exp data prepare` keeps for itself ({}); rename it",
            source.name(),
            OWN_NAMES.join(", ")
        )));
    }
    // Folder by folder, so what lies inside a clip's folder follows it.
    found.sort_by(|a, b| a.folder.cmp(&b.folder));
    if let Some(pair) = found
        .windows(2)
        .find(|pair| pair[1].folder.starts_with(&pair[0].folder))
    {
        return Err(problem(format!(
            "the clips `{}` and `{}` would be written to one folder, or one inside the other; rename one of them",
            pair[0].name(),
            pair[1].name()
        )));
    }
    found.sort_by(|a, b| natural_order(&a.name(), &b.name()));
    if let Some(pair) = found
        .windows(2)
        .find(|pair| pair[0].name() == pair[1].name())
    {
        return Err(problem(format!(
            "two clips would both be `{}` in the log, since their names are not UTF-8; rename one of them",
            pair[0].name()
        )));
    }
    Ok(found)
}

/// Whether a clip may be written to this path below the output, and what is there be replaced: it
/// must lead nowhere else (the stem of `...mp4` is `..`), and not to the files of [`Job`](super::Job).
/// Some file systems take `Prepare.CSV` for `prepare.csv`.
fn is_usable(folder: &Path) -> bool {
    let own = |first: Component<'_>| {
        let first = first.as_os_str();
        OWN_NAMES.iter().any(|own| first.eq_ignore_ascii_case(own))
    };
    let plain = |part| matches!(part, Component::Normal(_));
    folder.components().all(plain) && !folder.components().next().is_some_and(own)
}

/// `below` is the path from the input to `folder`; `above` are folders not to go into (again), the
/// output and those that `folder` lies in, without links.
fn walk(
    folder: &Path,
    below: &Path,
    above: &mut Vec<PathBuf>,
    found: &mut Vec<Source>,
) -> Result<(), VideoError> {
    let whole = fs::canonicalize(folder).map_err(VideoError::io("read", folder))?;
    if above.contains(&whole) {
        return Ok(());
    }
    above.push(whole);
    let mut has_frames = false;
    for entry in fs::read_dir(folder).map_err(VideoError::io("read", folder))? {
        let entry = entry.map_err(VideoError::io("read", folder))?;
        let (name, path) = (entry.file_name(), entry.path());
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        // Of a link to nothing that is named like a video or a frame, its clip will tell.
        if path.is_dir() {
            walk(&path, &below.join(&name), above, found)?;
        } else if is_frame(Path::new(&name)) {
            has_frames = true;
        } else if is_video(&path) {
            found.push(Source {
                folder: below.join(&name).with_extension(""),
                content: Content::Video(path),
            });
        }
    }
    if has_frames {
        found.push(Source {
            folder: below.to_owned(),
            content: Content::Frames(folder.to_owned()),
        });
    }
    above.pop();
    Ok(())
}

fn is_video(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        VIDEOS
            .iter()
            .any(|ending| extension.eq_ignore_ascii_case(ending))
    })
}
