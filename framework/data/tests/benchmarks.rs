//! The three published benchmarks, in made folders of their official layout.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "common/official.rs"]
mod official;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use exp_core::clip::{Clip, Split};
use exp_data::benchmarks::{dfew, ferv39k, look_up, mafw};
use exp_data::frame_list::{Place, read_frame_list};
use exp_data::rows::Columns;
use exp_data::{DataError, manifest_hash};
use official::{FOLDS, Made, make_dfew, make_ferv39k, make_mafw, on_side};

type Opened = Result<Split, DataError>;

fn open_dfew(root: &Path, fold: u32) -> Opened {
    dfew::open(root, Path::new(dfew::FRAMES), fold, &|_, _| {})
}

fn open_ferv39k(root: &Path) -> Opened {
    ferv39k::open(root, Path::new(ferv39k::FRAMES), &|_, _| {})
}

fn open_mafw(root: &Path, fold: u32) -> Opened {
    mafw::open(root, Path::new(mafw::FRAMES), fold, &|_, _| {})
}

fn message(opened: Opened) -> String {
    opened.unwrap_err().to_string()
}

/// A split holds exactly the clips that were made for it, in the order of the label file.
fn same(split: &Split, made: &[Made], fold: u32) {
    assert_eq!((&split.unusable, &split.recounted), (&vec![], &vec![]));
    for (side, clips) in [("train", &split.train), ("test", &split.test)] {
        let found = clips.iter().map(|clip| {
            let class = split.classes[clip.label].clone();
            (clip.name.clone(), class, clip.frames.len())
        });
        let expected = on_side(made, fold, side);
        let expected = expected.map(|clip| (clip.name.clone(), clip.class.clone(), clip.frames));
        assert_eq!(
            found.collect::<Vec<_>>(),
            expected.collect::<Vec<_>>(),
            "{side} of fold {fold}"
        );
    }
    assert_eq!(split.train.len() + split.test.len(), made.len());
}

fn frame_names(clip: &Clip) -> Vec<String> {
    let name = |path: &std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    clip.frames.iter().map(name).collect()
}

#[test]
fn dfew_is_read_as_it_is_handed_out() {
    let root = tempfile::tempdir().unwrap();
    let made = make_dfew(root.path());
    let mut tested = BTreeSet::new();
    for fold in 1..=FOLDS {
        let split = open_dfew(root.path(), fold).unwrap();
        same(&split, &made, fold);
        for clip in split.test {
            assert!(tested.insert(clip.name.clone()), "{} twice", clip.name);
        }
    }
    assert_eq!(tested.len(), made.len());
    // The other folder of frames, whose names are bare numbers.
    let sixteen = Path::new("Clip/clip_224x224_16f");
    let split = dfew::open(root.path(), sixteen, 1, &|_, _| {}).unwrap();
    let numbers: Vec<String> = (1..=16).map(|number| format!("{number}.jpg")).collect();
    assert!(
        split
            .train
            .iter()
            .all(|clip| frame_names(clip) == numbers[..])
    );
    let all = open_dfew(root.path(), 1).unwrap();
    assert_eq!(all.train[0].name, split.train[0].name);
    assert_ne!(manifest_hash(&all).unwrap(), manifest_hash(&split).unwrap());
}

#[test]
fn data_that_move_stay_the_same_data() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make_dfew(here.path());
    make_dfew(there.path());
    let hash = |root: &Path| manifest_hash(&open_dfew(root, 2).unwrap()).unwrap();
    assert_eq!(hash(here.path()), hash(there.path()));
}

#[test]
fn dfew_with_labels_from_0_is_refused() {
    let root = tempfile::tempdir().unwrap();
    make_dfew(root.path());
    let file = root
        .path()
        .join("EmoLabel_DataSplit/test(single-labeled)/set_1.csv");
    let text = fs::read_to_string(&file).unwrap();
    let shifted = text.lines().map(|line| match line.rsplit_once(',') {
        Some((name, label)) => match label.parse::<usize>() {
            Ok(label) => format!("{name},{}\n", label - 1),
            Err(_) => format!("{line}\n"),
        },
        None => unreachable!(),
    });
    fs::write(&file, shifted.collect::<String>()).unwrap();
    let message = message(open_dfew(root.path(), 1));
    assert!(
        message.contains("set_1.csv: expected labels from 1 to 7, but "),
        "{message}"
    );
    assert!(message.contains("labels are 0"), "{message}");
    assert!(open_dfew(root.path(), 2).is_ok());
}

#[test]
fn ferv39k_is_read_as_it_is_handed_out() {
    let root = tempfile::tempdir().unwrap();
    let made = make_ferv39k(root.path());
    let split = open_ferv39k(root.path()).unwrap();
    same(&split, &made, 1);
    assert!(
        made.iter()
            .any(|clip| clip.name.starts_with("Talk Show/Sad/"))
    );
    // A label that contradicts the folder.
    let file = root.path().join("4_setups/All_scenes/test_All.csv");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen(" Happy", " Sad", 1)).unwrap();
    let message = message(open_ferv39k(root.path()));
    assert!(
        message.contains("test_All.csv:1: the label is `sadness`"),
        "{message}"
    );
    assert!(message.contains("says `Happy`"), "{message}");
}

#[test]
fn mafw_is_read_as_it_is_handed_out() {
    let root = tempfile::tempdir().unwrap();
    let made = make_mafw(root.path());
    for fold in 1..=FOLDS {
        same(&open_mafw(root.path(), fold).unwrap(), &made, fold);
    }
    let is_png = |clip: &Clip| clip.frames[0].extension().is_some_and(|e| e == "png");
    let split = open_mafw(root.path(), 1).unwrap();
    let pngs: Vec<&Clip> = split.train.iter().chain(&split.test).collect();
    assert_eq!(pngs.iter().filter(|clip| is_png(clip)).count(), 12);
    // The folder's other spelling.
    let official = root.path().join("Train & Test Set");
    fs::rename(official, root.path().join("Train_Test_Set")).unwrap();
    same(&open_mafw(root.path(), 3).unwrap(), &made, 3);
}

/// Three orders of MAFW's classes are in use. Whatever order a list is numbered in, each clip must
/// end in the class that the authors name.
#[test]
fn no_order_of_the_classes_of_mafw_is_mistaken_for_another() {
    let root = tempfile::tempdir().unwrap();
    let made = make_mafw(root.path());
    let names = [
        "anger",
        "disgust",
        "fear",
        "happiness",
        "neutral",
        "sadness",
        "surprise",
        "contempt",
        "anxiety",
        "helplessness",
        "disappointment",
    ];
    let official: Vec<String> = names.map(String::from).to_vec();
    let mut alphabetical = official.clone();
    alphabetical.sort();
    let happiness_first = mafw::classes();
    assert_eq!(happiness_first[0], "happiness");
    let place = Place::Root(root.path().join(mafw::FRAMES));
    for order in [official, alphabetical, happiness_first] {
        // What other code would write, and what names would say in any order.
        let number = |clip: &Made| order.iter().position(|class| *class == clip.class).unwrap();
        let numbered = made
            .iter()
            .map(|clip| format!("{} {} {}\n", clip.name, clip.frames, number(clip)));
        let named = made
            .iter()
            .map(|clip| format!("{} {} {}\n", clip.name, clip.frames, clip.class));
        for text in [numbered.collect::<String>(), named.collect()] {
            let file = root.path().join("list.txt");
            fs::write(&file, text).unwrap();
            let columns = Columns::default();
            let listed = read_frame_list(&file, &place, columns, &order).unwrap();
            let split = look_up(order.clone(), Vec::new(), listed, &|_, _| {});
            for (clip, made) in split.test.iter().zip(&made) {
                assert_eq!(split.classes[clip.label], made.class);
            }
            assert_eq!(split.test.len(), made.len());
        }
    }
    // Numbers in the place of the official names could be any of the three: refused.
    let file = root
        .path()
        .join("Train & Test Set/single/no_caption/set_1/train.txt");
    fs::write(&file, "00026.mp4 3\r\n").unwrap();
    let message = message(open_mafw(root.path(), 1));
    assert!(
        message.contains("train.txt:1: expected the name of a class, found the number 3"),
        "{message}"
    );
}

#[test]
fn what_is_missing_is_named_with_what_there_is() {
    let root = tempfile::tempdir().unwrap();
    let nowhere = root.path().join("nowhere");
    assert!(message(open_dfew(&nowhere, 1)).contains("nowhere: this folder should hold"));
    fs::create_dir_all(root.path().join("Clip/original")).unwrap();
    let text = message(open_dfew(root.path(), 1));
    assert!(
        text.contains("has no folder `Clip/clip_224x224` (the frames)"),
        "{text}"
    );
    assert!(
        text.contains("Clip has `original`: unpack the frames there"),
        "{text}"
    );
    fs::create_dir_all(root.path().join("Clip/clip_224x224")).unwrap();
    let text = message(open_dfew(root.path(), 1));
    let expected = "has no `EmoLabel_DataSplit/train(single-labeled)/set_1.csv` (the labels); it has \
                    `Clip`: is it";
    assert!(text.contains(expected), "{text}");
}
