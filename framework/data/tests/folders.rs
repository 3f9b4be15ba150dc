//! What lies in the folders of clips, and the manifest of it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use exp_core::clip::{Clip, Split};
use exp_data::benchmarks::{Listed, look_up};
use exp_data::manifest_hash;

/// Folders with files that hold their own names: only the loader looks into them.
fn clips(folders: &[(&str, &[&str])]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (folder, files) in folders {
        let folder = root.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        for file in *files {
            fs::write(folder.join(file), file).unwrap();
        }
    }
    root
}

/// Looks up clips that a list gives so many frames.
fn look(root: &Path, listed: &[(&str, usize)]) -> Split {
    let clip = |(name, frames): &(&str, usize)| Listed {
        name: (*name).to_owned(),
        folder: root.join(name),
        label: 0,
        frames: Some(*frames),
    };
    let listed = listed.iter().map(clip).collect();
    look_up(vec!["happiness".into()], listed, Vec::new(), &|_, _| {})
}

fn names(clip: &Clip) -> Vec<String> {
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    clip.frames.iter().map(name).collect()
}

#[test]
fn clips_that_are_not_there_are_counted_with_examples() {
    let root = clips(&[
        ("a", &["1.jpg"]),
        ("empty", &[]),
        ("text", &["notes.txt", ".1.jpg"]),
        ("twice", &["1.jpg", "1.JPEG", "2.jpg"]),
        ("both", &["1.jpg", "00001.png"]),
    ]);
    let listed = ["a", "twice", "both", "empty", "text", "b", "c"].map(|name| (name, 1));
    let split = look(root.path(), &listed);
    let top = root.path().display();
    assert_eq!(
        split.unusable_note().unwrap(),
        format!(
            "6 of 7 clips cannot be used (twice: 1.JPEG and 1.jpg are the same frame twice in \
             {top}/twice; remove one of them; both: both JPEG and PNG files, such as 1.jpg and \
             00001.png, in {top}/both: frames would be seen twice; remove one format; empty: no .jpg, \
             .jpeg or .png file in {top}/empty; and 3 more)"
        )
    );
}

#[test]
fn frames_are_image_files_in_the_order_of_their_numbers() {
    let root = clips(&[(
        "clip",
        &[
            "10.jpg",
            "9.JPG",
            "1.jpeg",
            "2.jpg",
            "._1.jpeg",
            ".DS_Store",
            "Thumbs.db",
            "n_frames",
        ],
    )]);
    let split = look(root.path(), &[("clip", 4)]);
    assert_eq!(
        names(&split.train[0]),
        ["1.jpeg", "2.jpg", "9.JPG", "10.jpg"]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn frame_names_need_not_be_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let root = clips(&[("clip", &[])]);
    let name = |bytes| root.path().join("clip").join(OsStr::from_bytes(bytes));
    let frames: [&[u8]; 3] = [b"\xe91.jpg", b"\xe92.jpg", b"\xe910.jpg"];
    for frame in frames {
        fs::write(name(frame), "").unwrap();
    }
    let split = look(root.path(), &[("clip", 3)]);
    assert_eq!(split.train[0].frames, frames.map(name));
    assert!(manifest_hash(&split).is_ok());
}

#[test]
fn the_manifest_sees_every_change_of_what_is_listed() {
    let root = clips(&[
        ("Action/0015", &["1.jpg", "2.jpg"]),
        ("Drama/1", &["a.jpg"]),
    ]);
    let clips = look(root.path(), &[("Action/0015", 2), ("Drama/1", 1)]).train;
    let split = Split {
        classes: vec!["happiness".into(), "sadness".into()],
        train: vec![clips[0].clone()],
        test: vec![clips[1].clone()],
        ..Split::default()
    };
    let hash = manifest_hash(&split).unwrap();
    assert_eq!(hash.len(), 64);
    assert_eq!(hash, manifest_hash(&split).unwrap());
    let changes: [fn(&mut Split); 7] = [
        |split| split.classes[0] = "joy".into(),
        |split| split.classes = vec!["happi".into(), "nesssadness".into()],
        |split| split.train[0].name.push('x'),
        |split| split.train[0].label = 1,
        |split| split.train[0].subject = Some(String::new()),
        |split| split.train[0].frames.swap(0, 1),
        |split| std::mem::swap(&mut split.train, &mut split.test),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut other = split.clone();
        change(&mut other);
        assert_ne!(hash, manifest_hash(&other).unwrap(), "change {number}");
    }
    fs::write(&split.train[0].frames[0], "another size").unwrap();
    assert_ne!(hash, manifest_hash(&split).unwrap());
    fs::remove_file(&split.test[0].frames[0]).unwrap();
    let message = manifest_hash(&split).unwrap_err().to_string();
    assert!(message.contains("clip Drama/1: cannot read"), "{message}");
}
