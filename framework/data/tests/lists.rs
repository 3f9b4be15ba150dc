//! List files as the field's public code has them.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use exp_core::clip::{Clip, Split};
use exp_data::DataError;
use exp_data::benchmarks::{Listed, dfew, ferv39k, look_up, mafw};
use exp_data::frame_list::{Place, read_frame_list};
use exp_data::rows::{Columns, Labels, read_rows};
use proptest::prelude::*;

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
fn slashes_behind_a_replaced_prefix_make_no_absolute_path() {
    let root = three_clips();
    let place = Place::Replace {
        from: "/data".into(),
        to: root.path().into(),
    };
    let list = read(root.path(), "/data//Drama/1 1 2\n", &place).unwrap();
    assert_eq!(labelled(&list), [("Drama/1", 2)]);
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
            "a  1 1",
            "the folder `a ` ends in a space; expected `<folder> <number of frames> <label>` with one space",
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

/// The lists of public code: a few made-up lines in each format, or the real lists of fold 1 in the
/// folder that `EXP_LISTS` names.
#[test]
fn the_lists_of_public_code_are_read() {
    let twins = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lists");
    let real = std::env::var_os("EXP_LISTS").map(PathBuf::from);
    // Clips of each class in the real list and in the made-up one, and clips of fewer than 16 frames.
    type Expected = (&'static str, Vec<String>, [&'static [usize]; 2], [usize; 2]);
    let expected: [Expected; 3] = [
        (
            "DFEW_set_1_test.txt",
            dfew::classes(),
            [dfew::OFFICIAL.first_test, &[2, 1, 1, 1, 1, 1, 1]],
            [3, 1],
        ),
        (
            "FERV39K_test.txt",
            ferv39k::classes(),
            [ferv39k::OFFICIAL.first_test, &[1, 1, 1, 1, 1, 1, 2]],
            [813, 2],
        ),
        (
            "MAFW_set_1_test.txt",
            mafw::classes(),
            [
                mafw::OFFICIAL.first_test,
                &[1, 0, 1, 2, 1, 1, 1, 1, 1, 1, 1],
            ],
            [1, 0],
        ),
    ];
    for (name, classes, counts, short) in expected {
        let (file, counts, short) = match &real {
            Some(folder) => (folder.join(name), counts[0], short[0]),
            None => (twins.join(name), counts[1], short[1]),
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

proptest! {
    /// Whatever a folder is called, its line gives it back, with its label.
    #[test]
    fn a_line_that_is_written_is_read(
        folder in "[a-zA-Z0-9éß_.,&()-]{1,8}( ?[a-zA-Z0-9éß/_.,&()-]{0,6}[a-z]){0,3}",
        frames in 1..2000_usize,
        label in 0..3_usize,
        named: bool,
        windows: bool,
    ) {
        let names = ["Happy", "SAD", "neutral"];
        let shown = match named {
            true => names[label].to_owned(),
            false => label.to_string(),
        };
        let end = if windows { "\r\n" } else { "\n" };
        for (columns, line) in [
            (Columns::FolderFramesLabel, format!("{folder} {frames} {shown}")),
            (Columns::FolderLabel, format!("{folder} {shown}")),
            (Columns::FolderSoundLabel, format!("{folder} {frames}.wav {shown}")),
        ] {
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), format!("{line}{end}{end}{line}")).unwrap();
            let rows = read_rows(file.path(), columns, Labels::NumbersOrNames, &classes()).unwrap();
            let lines: Vec<usize> = rows.iter().map(|row| row.line).collect();
            prop_assert_eq!(lines, [1, 3]);
            for row in rows {
                prop_assert_eq!(&row.folder, &folder);
                prop_assert_eq!(row.label, label);
                let listed = (columns == Columns::FolderFramesLabel).then_some(frames);
                prop_assert_eq!(row.frames, listed);
            }
        }
    }
}
