//! List files as the field's benchmarks have them, and the manifest of what they name.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use exp_core::clip::{Clip, Split};
use exp_data::frame_list::{FrameList, Place, read_frame_list};
use exp_data::{DataError, manifest_hash};

/// Folders with empty files: a list reads names only.
fn benchmark(folders: &[(&str, &[&str])]) -> tempfile::TempDir {
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

fn read(root: &Path, text: &str, place: &Place) -> Result<FrameList, DataError> {
    let classes = ["happiness", "sadness", "neutral"].map(String::from);
    let file = root.join("list.txt");
    fs::write(&file, text).unwrap();
    read_frame_list(&file, place, &classes)
}

fn names(clip: &Clip) -> Vec<String> {
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    clip.frames.iter().map(name).collect()
}

fn three_clips() -> tempfile::TempDir {
    benchmark(&[
        (
            "Action/Happy/0015",
            &["1.jpg", "10.jpg", "2.JPG", "notes.txt"],
        ),
        ("Action/Sad face/0047", &["00002.jpeg", "00001.jpg"]),
        ("Drama/1", &["a.jpg"]),
    ])
}

#[test]
fn a_prefix_is_replaced_and_frames_are_in_natural_order() {
    let root = three_clips();
    let place = Place::Replace {
        from: "/data/lab/FERV39K/".into(),
        to: root.path().into(),
    };
    // Windows line ends, a blank line, a folder with a space, no line end at the end.
    let text = "\u{feff}/data/lab/FERV39K/Action/Happy/0015 3 0\r\n\r\n/data/lab/FERV39K/Action/Sad face/0047 5 1\r\n/data/lab/FERV39K/Drama/1 1 2";
    let list = read(root.path(), text, &place).unwrap();
    let found: Vec<_> = list
        .clips
        .iter()
        .map(|c| (c.name.as_str(), c.label))
        .collect();
    assert_eq!(
        found,
        [
            ("Action/Happy/0015", 0),
            ("Action/Sad face/0047", 1),
            ("Drama/1", 2)
        ]
    );
    assert_eq!(names(&list.clips[0]), ["1.jpg", "2.JPG", "10.jpg"]);
    assert_eq!(names(&list.clips[1]), ["00001.jpg", "00002.jpeg"]);
    assert!(list.clips[2].frames[0].is_file());
    assert_eq!(list.differing, 1, "one clip has 2 frames, not 5");
}

#[test]
fn a_root_is_prepended() {
    let root = three_clips();
    let place = Place::Root(root.path().into());
    let list = read(root.path(), "Drama/1 1 2\n", &place).unwrap();
    assert_eq!(list.clips[0].name, "Drama/1");
    let absolute = format!("{}/Drama/1 1 2\n", root.path().display());
    assert_eq!(
        read(root.path(), &absolute, &Place::AsListed(PathBuf::new()))
            .unwrap()
            .clips
            .len(),
        1
    );
    let message = read(root.path(), &absolute, &place)
        .unwrap_err()
        .to_string();
    assert!(message.contains("is absolute, so no root"), "{message}");
}

#[test]
fn lines_that_cannot_be_used_are_named() {
    let root = benchmark(&[("a", &["1.jpg"]), ("empty", &["readme.txt"])]);
    for (line, expected) in [
        (
            "a 1 3",
            "label 3 has no class: there are 3 (happiness, sadness, neutral)",
        ),
        (
            "a 1 -1",
            "the label must be a whole number from 0, found `-1`",
        ),
        (
            "a many 1",
            "the number of frames must be a whole number from 0, found `many`",
        ),
        (
            "a 1",
            "expected `<folder> <number of frames> <label>`, found `a 1`",
        ),
        ("b 1 1", "cannot read the clip's folder"),
        ("empty 1 1", "holds no .jpg or .jpeg file"),
    ] {
        let error = read(
            root.path(),
            &format!("a 1 0\n\n{line}\n"),
            &Place::Root(root.path().into()),
        );
        let message = error.unwrap_err().to_string();
        assert!(message.contains("list.txt:3: "), "{message}");
        assert!(message.contains(expected), "{message}");
    }
    // A prefix ends at the end of a folder's name.
    let place = Place::Replace {
        from: "/data/DFEW".into(),
        to: root.path().into(),
    };
    let message = read(root.path(), "/data/DFEW_Face/1 1 0", &place)
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("does not begin with `/data/DFEW`"),
        "{message}"
    );
    let message = read(root.path(), "\n \n", &Place::AsListed(PathBuf::new()))
        .unwrap_err()
        .to_string();
    assert!(message.contains("lists no clip"), "{message}");
    let missing = read_frame_list(
        Path::new("nowhere/list.txt"),
        &Place::AsListed(PathBuf::new()),
        &[],
    );
    assert!(
        missing
            .unwrap_err()
            .to_string()
            .contains("nowhere/list.txt")
    );
}

#[test]
fn the_manifest_sees_every_change_of_what_is_listed() {
    let root = three_clips();
    let list = read(
        root.path(),
        "Action/Happy/0015 3 0\nDrama/1 1 2\n",
        &Place::Root(root.path().into()),
    );
    let clips = list.unwrap().clips;
    let split = Split {
        classes: vec!["happiness".into(), "sadness".into()],
        train: vec![clips[0].clone()],
        test: vec![clips[1].clone()],
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
