//! Checks of made benchmarks, whole and damaged.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "common/official.rs"]
mod official;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use exp_core::clip::{Side, Split};
use exp_core::official::Official;
use exp_data::benchmarks::{dfew, mafw};
use exp_data::check::{Format, Kind, Report, Subject, check};
use exp_data::decode::Frame;
use exp_data::decode::read_frame;
use official::{FOLDS, Made, make_dfew, make_mafw, on_side, png, replace};
use tempfile::TempDir;

fn folds(open: impl Fn(u32) -> Split, numbers: &[u32]) -> Vec<(u32, Split)> {
    numbers.iter().map(|&fold| (fold, open(fold))).collect()
}

fn open_dfew(root: &TempDir) -> impl Fn(u32) -> Split {
    let frames = Path::new(dfew::FRAMES);
    move |fold| dfew::open(root.path(), frames, fold, &|_, _| {}).unwrap()
}

fn checked(folds: &[(u32, Split)], official: Option<&Official>, deep: bool) -> Report {
    let subject = Subject {
        benchmark: "made",
        folds,
        official,
        frames: 16,
        deep,
    };
    check(&subject, &|_, _| {})
}

/// Official figures that a made benchmark has.
fn official_of(made: &[Made], classes: &[String]) -> Official {
    let sizes = |fold| ["train", "test"].map(|side| on_side(made, fold, side).count());
    let folds: Vec<[usize; 2]> = (1..=FOLDS).map(sizes).collect();
    let of = |class: &String| {
        on_side(made, 1, "test")
            .filter(|clip| clip.class == *class)
            .count()
    };
    let first_test: Vec<usize> = classes.iter().map(of).collect();
    Official {
        name: "Made",
        source: "this test",
        folds: folds.leak(),
        first_test: first_test.leak(),
        shorter_than_16: Some(made.iter().filter(|clip| clip.frames < 16).count()),
        holds: None,
    }
}

fn black(width: usize, height: usize) -> Frame {
    Frame {
        width,
        height,
        rgb: vec![0; width * height * 3],
    }
}

/// Each finding of a kind as `fold side clip: detail`.
fn found(report: &Report, kind: Kind) -> Vec<String> {
    let findings = report
        .findings
        .iter()
        .filter(|finding| finding.kind == kind);
    findings
        .map(|finding| {
            let mut words: Vec<String> = Vec::new();
            words.extend(finding.fold.map(|fold| fold.to_string()));
            words.extend(finding.side.map(|side| side.name().to_owned()));
            words.extend(finding.clip.clone());
            format!("{}: {}", words.join(" "), finding.detail)
        })
        .collect()
}

#[test]
fn a_whole_benchmark_is_faithful() {
    let root = tempfile::tempdir().unwrap();
    let made = make_dfew(root.path());
    let official = official_of(&made, &dfew::classes());
    let folds = folds(open_dfew(&root), &[1, 2, 3, 4, 5]);
    let start = Instant::now();
    let seen = AtomicUsize::new(0);
    let subject = Subject {
        benchmark: "made",
        folds: &folds,
        official: Some(&official),
        frames: 16,
        deep: false,
    };
    let report = check(&subject, &|_, total| {
        assert_eq!(total, made.len(), "each clip is read once, not once a fold");
        seen.fetch_add(1, Ordering::Relaxed);
    });
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(seen.into_inner(), made.len());
    assert!(report.is_faithful(), "{:?}", report.findings);
    assert_eq!((report.clips, report.sides.len()), (made.len(), 10));
    let frames = report.frames.unwrap();
    assert_eq!(
        frames.total,
        made.iter().map(|clip| clip.frames).sum::<usize>()
    );
    assert_eq!((frames.fewest, frames.most), (12, 30));
    // Short clips belong to the benchmark: they are told, and no fault.
    assert_eq!(Some(report.short), report.short_officially);
    assert!(report.short > 0);
    assert_eq!(found(&report, Kind::Short).len(), report.short);
    assert_eq!(report.by_kind().count(), 1);
    let images = &report.images[0];
    assert_eq!(
        (images.count, images.image.format),
        (made.len(), Format::Jpeg)
    );
    assert_eq!((images.image.width, images.image.height), (64, 64));
    // Deep, every frame is looked at.
    let deep = checked(&folds[..1], Some(&official), true);
    assert!(deep.is_faithful());
    assert_eq!(deep.images[0].count, frames.total);
}

#[test]
fn other_counts_than_the_official_ones_are_a_fault() {
    let root = tempfile::tempdir().unwrap();
    let made = make_dfew(root.path());
    let folds = folds(open_dfew(&root), &[1]);
    let report = checked(&folds, Some(&dfew::OFFICIAL), false);
    assert!(!report.is_faithful());
    let [train, test] = [Side::Train, Side::Test].map(|side| folds[0].1.side(side).len());
    assert_eq!(train + test, made.len());
    let counts = found(&report, Kind::Count);
    assert_eq!(
        counts.len(),
        2 + 7,
        "both sides, and each class of the test side"
    );
    assert_eq!(
        counts[0],
        format!("1 train: {train} clips, officially 9356")
    );
    assert_eq!(counts[1], format!("1 test: {test} clips, officially 2341"));
    assert!(
        counts[2].ends_with("clips of happiness, officially 489"),
        "{}",
        counts[2]
    );
    // Who does not know better finds no fault with the same clips.
    assert!(checked(&folds, None, false).is_faithful());
}

/// Damages one clip after the other, and looks for what is said of it.
#[test]
fn every_damage_is_found() {
    let root = tempfile::tempdir().unwrap();
    let made = make_dfew(root.path());
    let test: Vec<&Made> = on_side(&made, 1, "test").collect();
    let train: Vec<&Made> = on_side(&made, 1, "train").collect();
    let folder = |clip: &Made| root.path().join(dfew::FRAMES).join(&clip.name);
    let frame = |clip: &Made, number: usize| -> PathBuf {
        folder(clip).join(format!("{}_{number:05}.jpg", clip.name))
    };
    fs::remove_dir_all(folder(train[0])).unwrap();
    fs::remove_dir_all(folder(test[0])).unwrap();
    fs::create_dir(folder(test[0])).unwrap();
    // The first frame is empty; another file is no image.
    replace(&frame(train[1], 1), "");
    replace(&frame(train[2], 1), "<html>");
    // A later frame breaks off: only a deep check reads it.
    let bytes = fs::read(frame(train[3], 7)).unwrap();
    replace(&frame(train[3], 7), &bytes[..bytes.len() / 2]);
    // A test clip is also a training clip; another only begins like one.
    for number in 1..=test[1].frames.max(train[4].frames) {
        let _ = fs::remove_file(frame(train[4], number));
        if number <= test[1].frames {
            fs::copy(frame(test[1], number), frame(train[4], number)).unwrap();
        }
    }
    fs::remove_file(frame(train[5], 1)).unwrap();
    fs::copy(frame(test[2], 1), frame(train[5], 1)).unwrap();
    // An image of another size, in PNG under the name of a JPEG.
    replace(&frame(train[6], 1), png(&black(50, 40)));

    let folds = folds(open_dfew(&root), &[1]);
    let report = checked(&folds, None, false);
    assert!(!report.is_faithful());
    let [missing, empty]: [String; 2] = found(&report, Kind::Unusable).try_into().unwrap();
    let shown = folder(train[0]).display().to_string();
    assert_eq!(
        missing,
        format!("{}: there is no folder {shown}", train[0].name)
    );
    assert!(empty.starts_with(&format!("{}: no .jpg", test[0].name)));
    let name = |clip: &Made| clip.name.clone();
    assert_eq!(
        found(&report, Kind::Unreadable),
        [
            format!("{0}: {0}_00001.jpg: the file is empty", name(train[1])),
            format!(
                "{0}: {0}_00001.jpg: it begins like no JPEG or PNG file",
                name(train[2])
            ),
        ]
    );
    let same = found(&report, Kind::SameFrames);
    let expected = format!(
        "1 test {}: every frame is that of the training clip {}",
        name(test[1]),
        name(train[4])
    );
    assert!(
        same.len() == 1 && same[0].starts_with(&expected),
        "{same:?}"
    );
    let first = found(&report, Kind::SameFirstFrame);
    let expected = format!(
        "1 test {}: the first frame is that of the training clip {}",
        name(test[2]),
        name(train[5])
    );
    assert!(
        first.len() == 1 && first[0].starts_with(&expected),
        "{first:?}"
    );
    assert_eq!(
        found(&report, Kind::OddSize),
        [format!("{}: 50 x 40", name(train[6]))]
    );
    let side = &report.sides[0];
    assert_eq!((side.listed, side.usable), (train.len(), train.len() - 1));

    let deep = checked(&folds, None, true);
    let unreadable = found(&deep, Kind::Unreadable);
    let broken = format!("{0}: {0}_00007.jpg: ", name(train[3]));
    assert!(
        unreadable
            .iter()
            .any(|finding| finding.starts_with(&broken)),
        "{unreadable:?}"
    );
    let named_once = |finding: &String| finding.matches(".jpg").count() == 1;
    assert!(unreadable.iter().all(named_once), "{unreadable:?}");
}

#[test]
fn clips_that_are_listed_twice_are_found() {
    let root = tempfile::tempdir().unwrap();
    let made = make_mafw(root.path());
    let file = |side: &str, fold: u32| {
        let below = format!("Train & Test Set/single/no_caption/set_{fold}/{side}.txt");
        root.path().join(below)
    };
    let add = |side: &str, fold, clip: &Made, class: &str| {
        let path = file(side, fold);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}{}.mp4 {class}\r\n", clip.name)).unwrap();
    };
    let train = on_side(&made, 1, "train").next().unwrap();
    let test = on_side(&made, 1, "test").next().unwrap();
    add("train", 1, train, "Contempt");
    add("train", 1, test, &test.class);
    add("test", 2, test, &test.class);
    // Fold 2 calls a clip by another feeling than fold 1.
    let other = on_side(&made, 1, "train").nth(1).unwrap();
    let path = file(
        if other.test_fold == 2 {
            "test"
        } else {
            "train"
        },
        2,
    );
    let text = fs::read_to_string(&path).unwrap();
    let line = format!("{}.mp4 {}", other.name, other.class);
    let changed = format!("{}.mp4 helplessness", other.name);
    assert!(text.contains(&line) && line != changed);
    fs::write(path, text.replace(&line, &changed)).unwrap();
    let frames = Path::new(mafw::FRAMES);
    let open = |fold| mafw::open(root.path(), frames, fold, &|_, _| {}).unwrap();
    let folds = folds(open, &[1, 2]);
    let official = official_of(&made, &mafw::classes());
    let report = checked(&folds, Some(&official), false);
    assert_eq!(
        found(&report, Kind::Twice),
        [format!(
            "1 train {}: listed twice, as {} and as contempt",
            train.name, train.class
        )]
    );
    assert_eq!(
        found(&report, Kind::InBoth),
        [
            format!("1 test {}: in training and test", test.name),
            format!("2 test {}: in training and test", test.name),
        ]
    );
    assert_eq!(
        found(&report, Kind::InTwoTests),
        [format!(
            "2 test {}: also in the test set of fold 1",
            test.name
        )]
    );
    let [label]: [String; 1] = found(&report, Kind::OtherLabel).try_into().unwrap();
    let expected = format!(
        "{}: helplessness here, {} in fold 1",
        other.name, other.class
    );
    assert!(label.ends_with(&expected), "{label}");
    assert!(!report.is_faithful());
    // PNG and JPEG clips lie side by side.
    let formats: Vec<Format> = report
        .images
        .iter()
        .map(|images| images.image.format)
        .collect();
    assert_eq!(formats, [Format::Jpeg, Format::Png]);
    assert!(found(&report, Kind::OddSize).is_empty());
}

#[test]
fn png_frames_are_decoded_too() {
    let root = tempfile::tempdir().unwrap();
    let made = make_mafw(root.path());
    let frames = Path::new(mafw::FRAMES);
    let open = |fold| mafw::open(root.path(), frames, fold, &|_, _| {}).unwrap();
    let report = checked(&folds(open, &[1]), None, true);
    assert!(report.is_faithful(), "{:?}", report.findings);
    let looked_at: usize = report.images.iter().map(|images| images.count).sum();
    assert_eq!(
        looked_at,
        made.iter().map(|clip| clip.frames).sum::<usize>()
    );
    assert_eq!(report.images.len(), 2, "JPEG and PNG");
}

#[test]
fn a_made_png_is_one() {
    let root = tempfile::tempdir().unwrap();
    let made = make_mafw(root.path());
    let is_png = |clip: &&Made| {
        let folder = root.path().join(mafw::FRAMES).join(&clip.name);
        folder.join("1.png").is_file()
    };
    let clip = made.iter().find(is_png).unwrap();
    let frame = root
        .path()
        .join(mafw::FRAMES)
        .join(&clip.name)
        .join("1.png");
    let decoded = read_frame(&frame).unwrap();
    assert_eq!(png(&decoded), fs::read(&frame).unwrap());
}
