//! List files as the field's benchmarks have them, and the manifest of what they name.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use exp_core::clip::{Clip, Split};
use exp_data::benchmarks::{Listed, dfew, ferv39k, look_up, mafw};
use exp_data::frame_list::{Columns, Place, read_frame_list};
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

fn classes() -> Vec<String> {
    ["happiness", "sadness", "neutral"]
        .map(String::from)
        .to_vec()
}

/// Reads `text` as a list file, and the folders that it names.
fn read_as(
    columns: Columns,
    root: &Path,
    text: impl AsRef<[u8]>,
    place: &Place,
) -> Result<Split, DataError> {
    let file = root.join("list.txt");
    fs::write(&file, text).unwrap();
    let listed = read_frame_list(&file, place, columns, &classes())?;
    Ok(look_up(classes(), listed, Vec::new(), &|_, _| {}))
}

fn read(root: &Path, text: &str, place: &Place) -> Result<Split, DataError> {
    read_as(Columns::default(), root, text, place)
}

fn labelled(split: &Split) -> Vec<(&str, usize)> {
    let clips = split.train.iter();
    clips.map(|clip| (clip.name.as_str(), clip.label)).collect()
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
    assert_eq!(
        labelled(&list),
        [
            ("Action/Happy/0015", 0),
            ("Action/Sad face/0047", 1),
            ("Drama/1", 2)
        ]
    );
    assert_eq!(names(&list.train[0]), ["1.jpg", "2.JPG", "10.jpg"]);
    assert_eq!(names(&list.train[1]), ["00001.jpg", "00002.jpeg"]);
    assert!(list.train[2].frames[0].is_file());
    assert_eq!(list.unusable, []);
    let note = list.recount_note().unwrap();
    let expected = "1 clip has another number of frames on disk than the list says, and the disk \
                    counts (first: Action/Sad face/0047, listed 5, found 2)";
    assert_eq!(note, expected);
}

#[test]
fn a_root_is_prepended() {
    let root = three_clips();
    let place = Place::Root(root.path().into());
    let list = read(root.path(), "Drama/1 1 2\n", &place).unwrap();
    assert_eq!(list.train[0].name, "Drama/1");
    let absolute = format!("{}/Drama/1 1 2\n", root.path().display());
    assert_eq!(
        read(root.path(), &absolute, &Place::AsListed(PathBuf::new()))
            .unwrap()
            .train
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
    let root = benchmark(&[("a", &["1.jpg"])]);
    for (line, expected) in [
        (
            "a 1 3",
            "label 3 has no class: there are 3 (happiness, sadness, neutral)",
        ),
        (
            "a 1 -1",
            "there is no class `-1`; there are: happiness, sadness, neutral",
        ),
        (
            "a many 1",
            "the number of frames must be a whole number from 0, found `many`",
        ),
        (
            "a 1",
            "expected `<folder> <number of frames> <label>`, found `a 1`",
        ),
        (
            "a x.wav 1",
            "the setting `columns` must say what stands there",
        ),
        (
            "/ 1 1",
            "expected `<folder> <number of frames> <label>`, found `/ 1 1`",
        ),
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
        Columns::default(),
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
fn a_list_has_the_columns_that_the_setting_says() {
    let root = three_clips();
    let place = Place::Root(root.path().into());
    let expected = [("Action/Sad face/0047", 1), ("Drama/1", 0)];
    for (columns, text) in [
        (
            Columns::FolderFramesLabel,
            "Action/Sad face/0047 2 1\nDrama/1 1 0\n",
        ),
        // Labels may be names, in any form.
        (
            Columns::FolderFramesLabel,
            "Action/Sad face/0047 2 Sad\nDrama/1 1 HAPPINESS\n",
        ),
        (Columns::FolderLabel, "Action/Sad face/0047/ 1\nDrama/1 0\n"),
        (
            Columns::FolderSoundLabel,
            "Action/Sad face/0047 /sound/0047.wav 1\nDrama/1 1.wav 0",
        ),
        (
            Columns::VideoNameLabel,
            "video_name,label\r\nAction/Sad face/0047,2\r\nDrama/1,1\r\nDrama/1,3\r\n",
        ),
    ] {
        let split = read_as(columns, root.path(), text, &place).unwrap();
        assert_eq!(labelled(&split)[..2], expected, "{columns:?}");
        assert_eq!(split.recount_note(), None);
    }
    // A list that is read with the wrong columns names no folder that there is.
    let text = "Drama/1 1 0\n";
    let split = read_as(Columns::FolderLabel, root.path(), text, &place).unwrap();
    let note = split.unusable_note().unwrap();
    assert!(
        note.contains("1 of 1 clips cannot be used (Drama/1 1: there is no folder"),
        "{note}"
    );
}

/// DFEW's official labels count from 1. Another repository keeps the header and counts from 0.
#[test]
fn an_official_file_with_labels_from_0_is_refused() {
    let root = three_clips();
    let place = Place::Root(root.path().into());
    let csv = |labels: &[usize]| -> String {
        let lines = labels.iter().map(|label| format!("{label},{label}\n"));
        format!("video_name,label\n{}", lines.collect::<String>())
    };
    let read = |labels| read_as(Columns::VideoNameLabel, root.path(), csv(labels), &place);
    assert!(read(&[1, 2, 3]).is_ok());
    for (labels, found) in [
        (&[0, 1, 2][..], "one label is 0"),
        (&[0, 0, 1, 2, 3], "2 labels are 0"),
        (&[0], "one label is 0"),
        (&[1, 2, 2], "no label is 3"),
    ] {
        let message = read(labels).unwrap_err().to_string();
        assert!(message.contains("list.txt: expected labels from 1 to 3"));
        assert!(message.contains(found), "{message}");
        assert!(message.contains("take the authors' file"), "{message}");
    }
    let message = read(&[1, 4, 3]).unwrap_err().to_string();
    assert!(message.contains("list.txt:3: label 4 has no class"));
    let headless = read_as(Columns::VideoNameLabel, root.path(), "1,1\n2,3\n", &place);
    let message = headless.unwrap_err().to_string();
    assert!(message.contains("list.txt:1: expected the header `video_name,label`, found `1,1`"));
    // Numbers are folders of five digits.
    let split = read(&[1, 2, 3]).unwrap();
    assert_eq!(split.unusable[0].name, "00001");
}

#[test]
fn a_line_that_is_not_utf8_is_named() {
    let root = three_clips();
    let place = Place::Root(root.path().into());
    // `é` in windows-1252.
    let text = b"Drama/1 1 2\nDrama/Caf\xe9 1 2\n";
    let error = read_as(Columns::default(), root.path(), text, &place);
    let message = error.unwrap_err().to_string();
    assert!(
        message.contains("list.txt:2: expected UTF-8, but the byte 0xe9 at position 10"),
        "{message}"
    );
}

#[test]
fn clips_that_are_not_there_are_counted_with_examples() {
    let root = benchmark(&[
        ("a", &["1.jpg"]),
        ("empty", &[]),
        ("text", &["notes.txt", ".1.jpg"]),
        ("twice", &["1.jpg", "1.png", "2.jpg"]),
    ]);
    let place = Place::Root(root.path().into());
    let text = "a 1 0\nempty 1 0\ntext 1 0\ntwice 2 0\nb 1 0\nc 1 0\n";
    let split = read(root.path(), text, &place).unwrap();
    let top = root.path().display();
    assert_eq!(
        split.unusable_note().unwrap(),
        format!(
            "5 of 6 clips cannot be used (empty: no .jpg, .jpeg or .png file in {top}/empty; text: no \
             .jpg, .jpeg or .png file in {top}/text; twice: 1.jpg and 1.png are the same frame twice \
             in {top}/twice; remove one format; and 2 more)"
        )
    );
}

#[test]
fn frames_are_jpeg_and_png_files_in_the_order_of_their_numbers() {
    let root = benchmark(&[(
        "clip",
        &[
            "10.png",
            "9.JPG",
            "1.jpeg",
            "2.png",
            "._1.jpeg",
            ".DS_Store",
            "Thumbs.db",
            "n_frames",
        ],
    )]);
    let split = read(root.path(), "clip 4 0", &Place::Root(root.path().into())).unwrap();
    assert_eq!(
        names(&split.train[0]),
        ["1.jpeg", "2.png", "9.JPG", "10.png"]
    );
}

#[cfg(unix)]
#[test]
fn frame_names_need_not_be_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let root = benchmark(&[("clip", &[])]);
    let name = |bytes| root.path().join("clip").join(OsStr::from_bytes(bytes));
    let frames: [&[u8]; 3] = [b"\xe91.jpg", b"\xe92.jpg", b"\xe910.jpg"];
    for frame in frames {
        fs::write(name(frame), "").unwrap();
    }
    let split = read(root.path(), "clip 3 0", &Place::Root(root.path().into())).unwrap();
    assert_eq!(split.train[0].frames, frames.map(name));
    assert!(manifest_hash(&split).is_ok());
}

/// The lists of public code: a few made-up lines in each format, or the real lists of fold 1 in the
/// folder that `EXP_LISTS` names.
#[test]
fn the_lists_of_public_code_are_read() {
    let twins = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lists");
    let real = std::env::var_os("EXP_LISTS").map(PathBuf::from);
    // Clips of each class, and clips with fewer than 16 frames.
    let expected: [(&str, Vec<String>, &[usize], &[usize], [usize; 2]); 3] = [
        (
            "DFEW_set_1_test.txt",
            dfew::classes(),
            dfew::OFFICIAL.first_test,
            &[2, 1, 1, 1, 1, 1, 1],
            [3, 1],
        ),
        (
            "FERV39K_test.txt",
            ferv39k::classes(),
            ferv39k::OFFICIAL.first_test,
            &[1, 1, 1, 1, 1, 1, 2],
            [813, 2],
        ),
        (
            "MAFW_set_1_test.txt",
            mafw::classes(),
            mafw::OFFICIAL.first_test,
            &[1, 0, 1, 2, 1, 1, 1, 1, 1, 1, 1],
            [1, 0],
        ),
    ];
    for (name, classes, all, few, short) in expected {
        let (file, counts, short) = match &real {
            Some(folder) => (folder.join(name), all, short[0]),
            None => (twins.join(name), few, short[1]),
        };
        let place = Place::AsListed(PathBuf::new());
        let listed = read_frame_list(&file, &place, Columns::default(), &classes).unwrap();
        let of = |label| listed.iter().filter(|clip| clip.label == label).count();
        let found: Vec<usize> = (0..classes.len()).map(of).collect();
        assert_eq!(found, counts, "{name}");
        let is_short = |clip: &&Listed| clip.frames.is_some_and(|frames| frames < 16);
        assert_eq!(listed.iter().filter(is_short).count(), short, "{name}");
    }
}

#[test]
fn the_manifest_sees_every_change_of_what_is_listed() {
    let root = three_clips();
    let list = read(
        root.path(),
        "Action/Happy/0015 3 0\nDrama/1 1 2\n",
        &Place::Root(root.path().into()),
    );
    let clips = list.unwrap().train;
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
