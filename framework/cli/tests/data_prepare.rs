//! `exp data prepare` as its users meet it. Needs the program ffmpeg.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A folder with so many videos of a test picture, a second long, in `videos`.
fn videos(count: usize) -> TempDir {
    let top = tempfile::tempdir().unwrap();
    let folder = top.path().join("videos");
    fs::create_dir(&folder).unwrap();
    let first = folder.join("clip 1.mp4");
    let made = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=320x240:rate=25:duration=1",
        ])
        .args(["-c:v", "mpeg4"])
        .arg(&first)
        .status()
        .expect("these tests need the program ffmpeg");
    assert!(made.success());
    for number in 2..=count {
        fs::copy(&first, folder.join(format!("clip {number}.mp4"))).unwrap();
    }
    top
}

fn exp(folder: &Path) -> Command {
    let mut exp = Command::new(env!("CARGO_BIN_EXE_exp"));
    exp.current_dir(folder).args(["data", "prepare", "videos"]);
    exp
}

fn text(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// The frames below a folder, by their path, with their content.
fn frames(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for clip in fs::read_dir(root).unwrap() {
        let clip = clip.unwrap().path();
        if clip
            .file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("clip")
        {
            for frame in fs::read_dir(&clip).unwrap() {
                let frame = frame.unwrap().path();
                let name = frame.strip_prefix(root).unwrap().to_owned();
                found.insert(name, fs::read(&frame).unwrap());
            }
        }
    }
    found
}

#[test]
fn without_ffmpeg_it_says_how_to_install_it() {
    let top = tempfile::tempdir().unwrap();
    fs::write(top.path().join("videos"), "").unwrap();
    let output = exp(top.path())
        .args(["--out", "faces"])
        .env("PATH", top.path())
        .output()
        .unwrap();
    let (status, _, errors) = text(&output);
    assert_eq!(status, Some(2));
    assert!(
        errors.starts_with("error: videos are decoded by the program `ffmpeg`"),
        "{errors}"
    );
    assert!(errors.contains("`sudo apt install ffmpeg`"), "{errors}");
    assert!(!top.path().join("faces").exists());
}

#[test]
fn a_broken_video_is_named_and_the_status_tells() {
    let top = videos(1);
    fs::write(top.path().join("videos/broken.mp4"), "no video").unwrap();
    let output = exp(top.path()).args(["--out", "faces"]).output().unwrap();
    let (status, said, errors) = text(&output);
    assert_eq!(status, Some(1));
    assert!(
        said.contains("1 without a face: their middle was cut out"),
        "{said}"
    );
    assert!(said.contains("1 failed"), "{said}");
    assert!(errors.contains("failed: broken: "), "{errors}");
    let log = fs::read_to_string(top.path().join("faces/prepare.csv")).unwrap();
    assert!(log.contains("\nclip 1,no_face,25,0,40,0,240,\n"), "{log}");
    assert!(log.contains("\nbroken,failed,,0,,,,"), "{log}");
    assert_eq!(frames(&top.path().join("faces")).len(), 25);
}

/// Killed in the middle, then started again: the same frames as in one go, and none made twice.
#[test]
fn killed_work_goes_on() {
    let top = videos(12);
    let whole = exp(top.path()).args(["--out", "whole"]).output().unwrap();
    assert_eq!(text(&whole).0, Some(0), "{}", text(&whole).2);

    let faces = top.path().join("faces");
    let mut killed = exp(top.path())
        .args(["--out", "faces"])
        // Many cores would end all clips at once.
        .env("RAYON_NUM_THREADS", "2")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let finished = || whole_clips(&faces);
    while finished().is_empty() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(2));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let before = finished();
    assert!(!before.is_empty() && before.len() < 12, "{before:?}");

    let again = exp(top.path()).args(["--out", "faces"]).output().unwrap();
    assert_eq!(text(&again).0, Some(0), "{}", text(&again).2);
    assert!(!faces.join(".unfinished").exists());
    assert_eq!(frames(&faces), frames(&top.path().join("whole")));
    for (clip, made) in before {
        assert_eq!(
            fs::metadata(&clip).unwrap().modified().unwrap(),
            made,
            "{clip:?}"
        );
    }
}

/// The clips that are in their place, with the time they were made.
fn whole_clips(faces: &Path) -> Vec<(PathBuf, std::time::SystemTime)> {
    let entries = fs::read_dir(faces).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().contains("clip"))
        .map(|path| {
            (
                path.clone(),
                fs::metadata(&path).unwrap().modified().unwrap(),
            )
        })
        .collect()
}
