//! Real videos and folders of frames on their way to face frames. Needs the program ffmpeg.
#![allow(clippy::unwrap_used, missing_docs)]

mod filming;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use exp_data::decode::{Frame, read_frame};
use exp_data::synthetic::Synthetic;
use exp_data::video::{
    FaceDetector, Job, NoFace, Outcome, Record, SIDE, Settings, VideoError, prepare_clip,
};
use filming::{film, grey, walk_by, write_video};

fn prepare(input: &Path, output: &Path, settings: &Settings) -> Result<Vec<Record>, VideoError> {
    Job::open(input, output, settings)?.run(&|_| {})
}

/// Every file below a folder, with its content.
fn contents(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let below = path.strip_prefix(root).unwrap().to_owned();
                found.insert(below, fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn names(root: &Path) -> Vec<String> {
    let names = contents(root).into_keys();
    names.map(|p| p.to_string_lossy().into_owned()).collect()
}

fn summary(records: &[Record]) -> Vec<(&str, Outcome, Option<usize>, usize)> {
    records
        .iter()
        .map(|r| (r.clip.as_str(), r.result, r.frames, r.faces))
        .collect()
}

#[test]
fn videos_become_frames_of_the_face() {
    let top = tempfile::tempdir().unwrap();
    let (input, output) = (top.path().join("in"), top.path().join("out"));
    for name in ["clip 2.mp4", "-i.avi", "deep/er/clip 10.MKV"] {
        let path = input.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        film(&path, &walk_by(12));
    }
    fs::write(input.join("notes.txt"), "no video").unwrap();
    fs::write(
        input.join("._clip 2.mp4"),
        "what macOS leaves on foreign disks",
    )
    .unwrap();

    let records = prepare(&input, &output, &Settings::default()).unwrap();
    assert_eq!(
        summary(&records),
        [
            ("-i", Outcome::Face, Some(12), 12),
            ("clip 2", Outcome::Face, Some(12), 12),
            ("deep/er/clip 10", Outcome::Face, Some(12), 12),
        ]
    );
    let mut expected: Vec<String> = ["-i", "clip 2", "deep/er/clip 10"]
        .iter()
        .flat_map(|clip| (1..=12).map(move |number| format!("{clip}/{number:05}.jpg")))
        .collect();
    expected.extend(["prepare.csv", "prepare.json"].map(String::from));
    assert_eq!(names(&output), expected);

    // The face walks 88 pixels to the right, and the square with it.
    let detector = FaceDetector::new().unwrap();
    for number in 1..=12 {
        let frame = read_frame(&output.join(format!("clip 2/{number:05}.jpg"))).unwrap();
        assert_eq!((frame.width, frame.height), (SIDE.into(), SIDE.into()));
        let faces = detector.detect(&frame);
        assert_eq!(faces.len(), 1, "frame {number}: {faces:?}");
        let middle = faces[0].left + faces[0].width / 2.0;
        assert!((middle - 112.0).abs() < 8.0, "frame {number}: {middle}");
        // The margin of 0.3 leaves 1 / 1.3 of the side to the face.
        assert!(
            (faces[0].height - 172.0).abs() < 12.0,
            "frame {number}: {faces:?}"
        );
    }
}

/// What ffmpeg encodes loses a little; apart from that a folder of the same frames gives the same.
#[test]
fn a_folder_of_frames_goes_the_same_way() {
    let top = tempfile::tempdir().unwrap();
    let (video, frames) = (top.path().join("v.mp4"), top.path().join("frames"));
    film(&video, &walk_by(6));
    fs::create_dir(&frames).unwrap();
    for (index, frame) in walk_by(6).iter().enumerate() {
        filming::write_jpeg(&frames.join(format!("{}.jpg", index + 7)), frame);
    }
    let from_video = prepare_clip(&video, &Settings::default()).unwrap();
    let from_frames = prepare_clip(&frames, &Settings::default()).unwrap();
    assert_eq!(from_video.record.clip, "v");
    assert_eq!(from_frames.record.clip, "frames");
    assert_eq!((from_video.frames.len(), from_frames.frames.len()), (6, 6));
    let squares = [&from_video, &from_frames].map(|clip| {
        let record = &clip.record;
        [record.left, record.top, record.side].map(Option::unwrap)
    });
    for (a, b) in squares[0].iter().zip(squares[1]) {
        assert!(a.abs_diff(b) <= 2, "{squares:?}");
    }
    for (a, b) in from_video.frames.iter().zip(&from_frames.frames) {
        let (a, b) = (read_frame(a).unwrap(), read_frame(b).unwrap());
        let differences = a.rgb.iter().zip(&b.rgb).map(|(a, b)| a.abs_diff(*b));
        let mean = differences.map(f64::from).sum::<f64>() / a.rgb.len() as f64;
        assert!(mean < 15.0, "{mean}");
    }
    let folder = from_video.frames[0].parent().unwrap().to_owned();
    drop(from_video);
    assert!(!folder.exists());
}

/// Of 24 frames every third is kept with its time: an even rate would repeat each three times.
#[test]
fn frames_are_neither_repeated_nor_dropped() {
    let top = tempfile::tempdir().unwrap();
    let video = top.path().join("uneven.mkv");
    write_video(&video, &walk_by(24), &["-vf", "select=not(mod(n\\,3))"]);
    let clip = prepare_clip(&video, &Settings::default()).unwrap();
    assert_eq!(clip.frames.len(), 8);
}

#[test]
fn a_broken_video_is_recorded_and_the_others_go_on() {
    let top = tempfile::tempdir().unwrap();
    let (input, output) = (top.path().join("in"), top.path().join("out"));
    fs::create_dir(&input).unwrap();
    film(&input.join("whole.mp4"), &walk_by(3));
    let bytes = fs::read(input.join("whole.mp4")).unwrap();
    fs::write(input.join("cut.mp4"), &bytes[..bytes.len() / 2]).unwrap();
    fs::write(input.join("empty.mp4"), "").unwrap();
    let records = prepare(&input, &output, &Settings::default()).unwrap();
    assert_eq!(
        summary(&records),
        [
            ("cut", Outcome::Failed, None, 0),
            ("empty", Outcome::Failed, None, 0),
            ("whole", Outcome::Face, Some(3), 3),
        ]
    );
    assert!(records[0].message.contains("cut.mp4 cannot be decoded"));
    assert!(
        records[0].message.contains("it again"),
        "{}",
        records[0].message
    );
    assert!(!output.join("cut").exists() && !output.join(".unfinished").exists());

    // Once it is whole, the same command prepares it and nothing else.
    fs::write(input.join("cut.mp4"), &bytes).unwrap();
    let job = Job::open(&input, &output, &Settings::default()).unwrap();
    assert_eq!((job.clips(), job.pending()), (3, 2));
    let records = job.run(&|_| {}).unwrap();
    assert_eq!(records[0].result, Outcome::Face);
}

/// ffmpeg goes on behind a damaged place; the log says that there is one.
#[test]
fn damage_that_can_be_decoded_is_recorded() {
    let top = tempfile::tempdir().unwrap();
    let video = top.path().join("hurt.avi");
    film(&video, &walk_by(20));
    let mut bytes = fs::read(&video).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 2000].fill(0x5a);
    fs::write(&video, bytes).unwrap();
    let record = prepare_clip(&video, &Settings::default()).unwrap().record;
    assert_eq!(record.result, Outcome::Face);
    assert!(
        !record.message.is_empty() && !record.message.contains("0x"),
        "{record:?}"
    );
}

#[test]
fn stopped_work_is_taken_up_again() {
    let top = tempfile::tempdir().unwrap();
    let (input, output) = (top.path().join("in"), top.path().join("out"));
    fs::create_dir(&input).unwrap();
    for name in ["a,b.mp4", "c.mp4", "d.mp4"] {
        film(&input.join(name), &walk_by(3));
    }
    let first = prepare(&input, &output, &Settings::default()).unwrap();
    let whole = contents(&output);

    // As if it had been stopped: one clip half done, one moved to its place without its line in the
    // log, whose last line broke off.
    fs::remove_dir_all(output.join("c")).unwrap();
    fs::create_dir_all(output.join(".unfinished/1")).unwrap();
    fs::write(output.join(".unfinished/1/00099.jpg"), "").unwrap();
    let log = fs::read_to_string(output.join("prepare.csv")).unwrap();
    let end = log.find("\nd,").unwrap() + 4;
    fs::write(output.join("prepare.csv"), &log[..end]).unwrap();
    fs::write(output.join("d/00002.jpg"), "half").unwrap();

    let done = Mutex::new(Vec::new());
    let job = Job::open(&input, &output, &Settings::default()).unwrap();
    let again = job
        .run(&|record| done.lock().unwrap().push(record.clip.clone()))
        .unwrap();
    let mut done = done.into_inner().unwrap();
    done.sort();
    assert_eq!(done, ["c", "d"]);
    assert_eq!(again, first);
    assert_eq!(contents(&output), whole);
}

#[test]
fn a_folder_belongs_to_one_input_and_its_settings() {
    let top = tempfile::tempdir().unwrap();
    let (video, output) = (top.path().join("v.mp4"), top.path().join("out"));
    film(&video, &walk_by(2));
    let job = Job::open(&video, &output, &Settings::default()).unwrap();
    let refused = |output: &Path, settings: &Settings| {
        let error = Job::open(&video, output, settings).err().unwrap();
        error.to_string()
    };
    assert!(refused(&output, &Settings::default()).contains("another `exp data prepare`"));
    drop(job);
    let wider = Settings {
        margin: 0.5,
        ..Settings::default()
    };
    assert!(refused(&output, &wider).contains("`margin` was 0.3 and is 0.5;"));
    assert!(refused(top.path(), &wider).contains("not empty"));
    assert!(Job::open(&video, &output, &Settings::default()).is_ok());
}

#[test]
fn a_clip_without_a_face_is_cropped_or_left_out() {
    let top = tempfile::tempdir().unwrap();
    let video = top.path().join("empty room.mp4");
    film(&video, &vec![grey(320, 180); 4]);
    let output = top.path().join("cropped");
    let records = prepare(&video, &output, &Settings::default()).unwrap();
    let record = &records[0];
    assert_eq!(
        summary(&records),
        [("empty room", Outcome::NoFace, Some(4), 0)]
    );
    assert_eq!(
        (record.left, record.top, record.side),
        (Some(70), Some(0), Some(180))
    );
    assert_eq!(fs::read_dir(output.join("empty room")).unwrap().count(), 4);

    let output = top.path().join("skipped");
    let skip = Settings {
        no_face: NoFace::Skip,
        ..Settings::default()
    };
    let records = prepare(&video, &output, &skip).unwrap();
    assert_eq!(records[0].result, Outcome::Skipped);
    assert!(!output.join("empty room").exists());
    let job = Job::open(&video, &output, &skip).unwrap();
    assert_eq!(job.pending(), 0);
}

#[test]
fn boxes_of_another_detector_are_used() {
    let top = tempfile::tempdir().unwrap();
    let (input, file) = (top.path().join("in"), top.path().join("boxes.csv"));
    fs::create_dir(&input).unwrap();
    film(&input.join("a, b.mp4"), &walk_by(4));
    film(&input.join("unnamed.mp4"), &walk_by(2));
    let settings = Settings {
        margin: 0.0,
        boxes: Some(file.clone()),
        ..Settings::default()
    };
    let table = "height, width, y, x, frame, clip, score\n\
                 50, 40, 10, 20, 1,\"a, b\", 0.5\n50, 40, 10, 20, 3,\"a, b\", 0.5\n";
    fs::write(&file, table).unwrap();
    let records = prepare(&input, &top.path().join("out"), &settings).unwrap();
    let record = &records[0];
    assert_eq!(
        (record.result, record.faces, record.frames),
        (Outcome::Face, 2, Some(4))
    );
    assert_eq!(
        (record.left, record.top, record.side),
        (Some(15), Some(10), Some(50))
    );
    assert_eq!(records[1].result, Outcome::NoFace);

    for (rows, expected) in [
        ("v,0,1,1,5,5", "line 2: frames count from 1"),
        (
            "v,18446744073709551615,1,1,5,5",
            "line 2: expected the number of a frame, from 1 to 1000000",
        ),
        (
            "v,1,1,1,5,0",
            "line 2: expected a box with a width and a height above 0",
        ),
        ("v,1,1,1,five,5", "line 2: expected the columns clip, frame"),
        ("v,1,1,1,5", "previous record has 6 fields"),
    ] {
        fs::write(&file, format!("clip,frame,x,y,width,height\n{rows}\n")).unwrap();
        let error = prepare(&input, &top.path().join("other"), &settings).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    fs::write(&file, "clip,frame,x,y,width,height\nb.mp4,3,1,1,5,5\n").unwrap();
    let error = prepare(&input, &top.path().join("other"), &settings).unwrap_err();
    assert!(
        error.to_string().contains("has none of the clips"),
        "{error}"
    );
    fs::write(&file, "clip,frame,x,y,width,height\nunnamed,3,1,1,5,5\n").unwrap();
    let records = prepare(&input, &top.path().join("other"), &settings).unwrap();
    assert_eq!(
        records[1].message,
        "the boxes name frame 3, but the clip has 2"
    );
}

#[test]
fn inputs_that_cannot_be_used_say_why() {
    let top = tempfile::tempdir().unwrap();
    let refused = |input: &Path| {
        let error = Job::open(input, &top.path().join("out"), &Settings::default()).err();
        error.unwrap().to_string()
    };
    let folder = top.path().join("in");
    assert!(refused(&folder).starts_with("cannot read"));
    fs::create_dir(&folder).unwrap();
    assert!(refused(&folder).contains("expected a video, or a folder of videos"));
    fs::write(folder.join("a.mp4"), "").unwrap();
    fs::write(folder.join("a.avi"), "").unwrap();
    assert!(refused(&folder).contains("the clips `a` and `a` would be written to one folder"));
    fs::remove_file(folder.join("a.avi")).unwrap();
    fs::write(folder.join("cover.jpg"), "").unwrap();
    assert!(refused(&folder).contains("the clips `.` and `a`"));
    let many = prepare_clip(&folder, &Settings::default()).unwrap_err();
    assert!(many.to_string().contains("`.` and `a`"), "{many}");
}

/// The stem of `...mp4` is `..`: its frames would replace all that lies beside the output.
#[test]
fn no_clip_is_written_outside_the_output_or_over_its_files() {
    let top = tempfile::tempdir().unwrap();
    let mine = top.path().join("mine.txt");
    fs::write(&mine, "mine").unwrap();
    let (output, settings) = (top.path().join("out"), Settings::default());
    for name in [
        "...mp4",
        "prepare.json.mp4",
        "Prepare.csv.mp4",
        "prepare.new.mp4",
        ".unfinished.mp4",
    ] {
        let video = top.path().join(name);
        film(&video, &walk_by(2));
        let error = prepare(&video, &output, &settings).unwrap_err().to_string();
        assert!(error.contains("a clip cannot have the folder"), "{error}");
        assert!(!output.exists() && mine.exists(), "{name}");
    }
}

#[test]
fn a_folder_with_other_files_is_not_replaced() {
    let top = tempfile::tempdir().unwrap();
    let (video, output) = (top.path().join("v.mp4"), top.path().join("out"));
    film(&video, &walk_by(2));
    let settings = Settings::default();
    drop(Job::open(&video, &output, &settings).unwrap());
    fs::create_dir(output.join("v")).unwrap();
    fs::write(output.join("v/notes.txt"), "mine").unwrap();
    for _ in 0..2 {
        let records = prepare(&video, &output, &settings).unwrap();
        assert_eq!(records[0].result, Outcome::Failed);
        let reason = &records[0].message;
        assert!(reason.contains("notes.txt is no frame"), "{reason}");
        assert!(output.join("v/notes.txt").exists());
    }
}

#[test]
fn frames_in_two_formats_are_a_clip_that_fails() {
    let top = tempfile::tempdir().unwrap();
    let (input, output) = (top.path().join("in"), top.path().join("out"));
    for clip in ["both", "one"] {
        fs::create_dir_all(input.join(clip)).unwrap();
        filming::write_jpeg(&input.join(clip).join("1.jpg"), &grey(64, 48));
    }
    fs::write(input.join("both/00001.png"), "").unwrap();
    let records = prepare(&input, &output, &Settings::default()).unwrap();
    assert_eq!(records[0].result, Outcome::Failed);
    assert!(records[0].message.starts_with("both JPEG and PNG"));
    assert_eq!(records[1].result, Outcome::NoFace);
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_in_circles() {
    use std::os::unix::fs::symlink;

    let top = tempfile::tempdir().unwrap();
    let (input, output) = (top.path().join("in"), top.path().join("out"));
    for folder in ["in/deep/a", "elsewhere"] {
        let folder = top.path().join(folder);
        fs::create_dir_all(&folder).unwrap();
        filming::write_jpeg(&folder.join("1.jpg"), &grey(64, 48));
    }
    symlink(top.path().join("elsewhere"), input.join("b")).unwrap();
    symlink(&input, input.join("deep/round")).unwrap();
    symlink("nowhere", input.join("lost.mp4")).unwrap();
    let records = prepare(&input, &output, &Settings::default()).unwrap();
    assert_eq!(
        summary(&records),
        [
            ("b", Outcome::NoFace, Some(1), 0),
            ("deep/a", Outcome::NoFace, Some(1), 0),
            ("lost", Outcome::Failed, None, 0),
        ]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_are_told_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let top = tempfile::tempdir().unwrap();
    let output = top.path().join("out");
    let [one, other] = [b"\xe9", b"\xe8"].map(|name| {
        let folder = top.path().join(OsStr::from_bytes(name)).join("clip");
        fs::create_dir_all(&folder).unwrap();
        filming::write_jpeg(&folder.join("1.jpg"), &grey(64, 48));
        folder
    });
    let settings = Settings::default();
    prepare(&one, &output, &settings).unwrap();
    assert!(prepare(&one, &output, &settings).is_ok());
    let error = prepare(&other, &output, &settings).unwrap_err().to_string();
    assert!(error.contains("`input` was"), "{error}");
    let error = Job::open(top.path(), &top.path().join("all"), &settings);
    let error = error.err().unwrap().to_string();
    assert!(error.contains("since their names are not UTF-8"), "{error}");
}

#[test]
fn frames_of_two_sizes_are_refused() {
    let top = tempfile::tempdir().unwrap();
    filming::write_jpeg(&top.path().join("1.jpg"), &grey(64, 48));
    filming::write_jpeg(&top.path().join("2.jpg"), &grey(64, 50));
    let error = prepare_clip(top.path(), &Settings::default()).unwrap_err();
    assert!(
        error.to_string().starts_with("frame 2 has (64, 50) pixels"),
        "{error}"
    );
}

/// The drawn benchmark, filmed. The detector takes its drawings for faces.
#[test]
fn the_drawn_benchmark_goes_through() {
    let top = tempfile::tempdir().unwrap();
    let (drawn, videos) = (top.path().join("drawn"), top.path().join("videos"));
    let benchmark = Synthetic {
        seed: 1,
        train: 7,
        test: 7,
    };
    let split = benchmark.write(&drawn, &|_, _| {}).unwrap();
    for clip in &split.train {
        let frames: Vec<Frame> = clip.frames.iter().map(|p| read_frame(p).unwrap()).collect();
        let path = videos.join(format!("{}.mp4", clip.name));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        film(&path, &frames);
    }
    let records = prepare(&videos, &top.path().join("out"), &Settings::default()).unwrap();
    assert_eq!(records.len(), 7);
    for record in &records {
        let clip = split.train.iter().find(|c| c.name == record.clip).unwrap();
        assert_eq!(record.frames, Some(clip.frames.len()));
        assert_eq!(record.result, Outcome::Face);
        assert!(record.faces * 2 > clip.frames.len(), "{record:?}");
    }
}
