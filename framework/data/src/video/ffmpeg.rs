//! Videos are decoded by the program `ffmpeg`, frame by frame through a pipe.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use super::error::VideoError;
use crate::decode::Frame;

/// The program, known to be there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ffmpeg {
    /// The argument that keeps a video's frames as they are, none repeated or dropped to reach an
    /// even rate. Version 5.1 gave it a new name and version 8 may drop the old one.
    timing: &'static str,
}

impl Ffmpeg {
    /// Looks for `ffmpeg` on the PATH.
    pub(super) fn find() -> Result<Self, VideoError> {
        let output = Command::new("ffmpeg")
            .arg("-version")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => VideoError::NoFfmpeg,
                _ => VideoError::Ffmpeg(error),
            })?;
        let timing = match is_old(&String::from_utf8_lossy(&output.stdout)) {
            true => "-vsync",
            false => "-fps_mode",
        };
        Ok(Self { timing })
    }

    /// Decodes a video and hands over its frames in order, all of one size, turned upright. Returns
    /// what ffmpeg had to say: nothing, unless the video is damaged but could be decoded.
    pub(super) fn frames(
        &self,
        video: &Path,
        each: &mut dyn FnMut(Frame) -> Result<(), VideoError>,
    ) -> Result<String, VideoError> {
        let mut child = self.start(video).map_err(|error| match error.kind() {
            ErrorKind::NotFound => VideoError::NoFfmpeg,
            _ => VideoError::Ffmpeg(error),
        })?;
        // Read beside the frames, so that neither pipe fills up while we wait at the other.
        let messages = child.stderr.take().map(|mut pipe| {
            thread::spawn(move || {
                let mut text = Vec::new();
                // Half a message is better than none.
                let _ = pipe.read_to_end(&mut text);
                String::from_utf8_lossy(&text).into_owned()
            })
        });
        let read = read_all(&mut child, each);
        // What is left in the pipe is not wanted; ffmpeg ends when it closes.
        drop(child.stdout.take());
        let status = child.wait().map_err(VideoError::Ffmpeg)?;
        let messages = messages
            .and_then(|thread| thread.join().ok())
            .unwrap_or_default();
        let broken = |reason: String| VideoError::Broken {
            path: video.to_owned(),
            reason,
        };
        match read? {
            End::Broken(reason) => Err(broken(complaint(&messages).unwrap_or(reason))),
            End::Frames(_) if !status.success() => {
                Err(broken(complaint(&messages).unwrap_or(status.to_string())))
            }
            End::Frames(0) => Err(broken("it has no frame".to_owned())),
            End::Frames(_) => Ok(complaint(&messages).unwrap_or_default()),
        }
    }

    fn start(&self, video: &Path) -> io::Result<Child> {
        // An absolute path with its protocol: no name is taken for an option or an address.
        let mut file = OsString::from("file:");
        file.push(std::path::absolute(video)?);
        Command::new("ffmpeg")
            // Clips are decoded side by side, so each has one thread.
            .args(["-nostdin", "-v", "error", "-threads", "1", "-i"])
            .arg(file)
            // The first stream of pictures that is no cover.
            .args(["-map", "0:V:0", self.timing, "passthrough"])
            // Portable pixmaps tell their size, so nobody has to ask for it.
            .args(["-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24"])
            .arg("pipe:1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }
}

/// Whether this is older than ffmpeg 5.1, by its first line `ffmpeg version 4.4.2-… Copyright …`.
/// A version that is no number is one built from the newest source.
fn is_old(version: &str) -> bool {
    let mut numbers = version
        .strip_prefix("ffmpeg version ")
        .unwrap_or_default()
        .trim_start_matches('n')
        .split(|c: char| !c.is_ascii_digit())
        .map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < (5, 1),
        _ => false,
    }
}

/// How ffmpeg's pictures ended: after so many frames, or within one.
enum End {
    Frames(usize),
    Broken(String),
}

fn read_all(
    child: &mut Child,
    each: &mut dyn FnMut(Frame) -> Result<(), VideoError>,
) -> Result<End, VideoError> {
    let Some(pipe) = &mut child.stdout else {
        return Ok(End::Frames(0));
    };
    let mut pipe = BufReader::with_capacity(1 << 18, pipe);
    let mut count = 0;
    loop {
        match read_frame(&mut pipe) {
            Ok(Some(frame)) => each(frame)?,
            Ok(None) => return Ok(End::Frames(count)),
            Err(error) => return Ok(End::Broken(error.to_string())),
        }
        count += 1;
    }
}

/// The next portable pixmap; `None` at the end.
fn read_frame(pipe: &mut impl BufRead) -> io::Result<Option<Frame>> {
    if pipe.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let mut header = Vec::new();
    // `P6`, width and height, the largest value: a line each.
    for _ in 0..3 {
        pipe.take(100).read_until(b'\n', &mut header)?;
    }
    let header = String::from_utf8_lossy(&header);
    let fields: Vec<&str> = header.split_whitespace().collect();
    let size = match fields[..] {
        ["P6", width, height, "255"] => width.parse().ok().zip(height.parse().ok()),
        _ => None,
    };
    let (width, height): (usize, usize) = size.ok_or_else(|| {
        io::Error::new(
            ErrorKind::InvalidData,
            format!("expected a picture from ffmpeg, found `{}`", header.trim()),
        )
    })?;
    let mut frame = Frame {
        width,
        height,
        rgb: vec![0; width * height * 3],
    };
    pipe.read_exact(&mut frame.rgb)?;
    Ok(Some(frame))
}

/// ffmpeg's first complaint, without the part of it that complains (`[mov,mp4 @ 0x55c9da33]`, whose
/// number differs each time). What follows are mostly its consequences.
fn complaint(messages: &str) -> Option<String> {
    let line = messages.lines().map(str::trim).find(|l| !l.is_empty())?;
    let said = match line.split_once("] ") {
        Some((part, said)) if part.starts_with('[') => said,
        _ => line,
    };
    Some(said.trim_end_matches('.').to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, missing_docs)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart() {
        for (version, old) in [
            ("ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright", true),
            ("ffmpeg version 5.0.1 Copyright", true),
            ("ffmpeg version n5.1 Copyright", false),
            ("ffmpeg version 7.1.1-tessus Copyright", false),
            ("ffmpeg version N-109542-gec07b15477 Copyright", false),
            ("ffmpeg version 2024-01-01-git-e1c1dc8347 Copyright", false),
        ] {
            assert_eq!(is_old(version), old, "{version}");
        }
    }

    #[test]
    fn the_first_complaint_counts() {
        let messages = "\n[mov,mp4 @ 0x55c9da337f40] moov atom not found.\nx.mp4: Invalid data\n";
        assert_eq!(complaint(messages).unwrap(), "moov atom not found");
        assert_eq!(
            complaint("x.mp4: Is a directory").unwrap(),
            "x.mp4: Is a directory"
        );
        assert_eq!(complaint("\n"), None);
    }

    #[test]
    fn pictures_are_told_apart() {
        let mut bytes = &b"P6\n2 1\n255\nabcdefP6\n1 1\n255\n\n\n\nP6\n1 1\n65535\n"[..];
        let frame = read_frame(&mut bytes).unwrap().unwrap();
        assert_eq!((frame.width, frame.height), (2, 1));
        assert_eq!(frame.rgb, b"abcdef");
        assert_eq!(read_frame(&mut bytes).unwrap().unwrap().rgb, b"\n\n\n");
        assert!(read_frame(&mut bytes).is_err());
        assert_eq!(read_frame(&mut bytes).unwrap(), None);
    }
}
