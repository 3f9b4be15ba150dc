//! Downloads from a real server on loopback that behaves as servers do on bad days.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use exp_weights::fetch::{FetchError, Fetched, Fetcher, PUBLISHED, Progress, Published};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// What a server got, one request head after the other.
type Heads = Arc<Mutex<Vec<String>>>;

/// Starts a server that answers each connection with `answer(number, byte asked for, stream)`.
fn serve(
    mut answer: impl FnMut(usize, Option<usize>, &mut TcpStream) + Send + 'static,
) -> (String, Heads) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/clip", listener.local_addr().unwrap());
    let heads = Heads::default();
    let seen = Arc::clone(&heads);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap().to_lowercase();
            let from = head.lines().find_map(|line| {
                let range = line.strip_prefix("range: bytes=")?;
                Some(range.strip_suffix('-').unwrap().parse().unwrap())
            });
            seen.lock().unwrap().push(head);
            answer(number, from, &mut stream);
        }
    });
    (base, heads)
}

fn send(stream: &mut TcpStream, head: &str, body: &[u8]) {
    // The client may hang up first.
    let _ = write!(stream, "HTTP/1.1 {head}\r\nConnection: close\r\n\r\n")
        .and_then(|()| stream.write_all(body));
}

fn whole(stream: &mut TcpStream) {
    let body = body();
    send(
        stream,
        &format!("200 OK\r\nContent-Length: {}", body.len()),
        &body,
    );
}

/// The bytes from `from`, of which the connection lets only `sent` through.
fn rest(stream: &mut TcpStream, from: usize, sent: usize) {
    let body = body();
    let (length, last) = (body.len(), body.len() - 1);
    let head = format!(
        "206 Partial Content\r\nContent-Range: bytes {from}-{last}/{length}\r\nContent-Length: {}",
        length - from
    );
    send(stream, &head, &body[from..][..sent.min(length - from)]);
}

fn cut(stream: &mut TcpStream, sent: usize) {
    let body = body();
    send(
        stream,
        &format!("200 OK\r\nContent-Length: {}", body.len()),
        &body[..sent],
    );
}

fn status(stream: &mut TcpStream, status: &str) {
    send(stream, &format!("{status}\r\nContent-Length: 0"), b"");
}

/// Three hundred thousand bytes, none of which can be exchanged for another.
fn body() -> Vec<u8> {
    (0..75_000_u32)
        .flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect()
}

fn file() -> Published {
    let hash = Sha256::digest(body());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    Published {
        name: "vit-test",
        file: "ViT-test.pt",
        sha256: hash.leak(),
    }
}

struct Trial {
    folder: TempDir,
    fetcher: Fetcher,
    progress: Vec<Progress>,
}

fn trial(base: &str) -> Trial {
    let folder = tempfile::tempdir().unwrap();
    Trial {
        fetcher: Fetcher {
            base: base.to_owned(),
            folder: folder.path().join("cache/weights"),
            idle: Duration::from_secs(1),
            pause: Duration::from_millis(1),
        },
        folder,
        progress: Vec::new(),
    }
}

impl Trial {
    fn fetch(&mut self) -> Result<Fetched, FetchError> {
        let progress = &mut self.progress;
        self.fetcher.fetch(&file(), &mut |step| progress.push(step))
    }

    /// What the message says, without this test's folder and address.
    fn message(&self, error: &FetchError) -> String {
        error
            .to_string()
            .replace(&self.folder.path().display().to_string(), "FOLDER")
            .replace(&self.fetcher.base, "BASE")
            .replace(file().sha256, "HASH")
    }

    fn part(&self) -> std::path::PathBuf {
        self.fetcher.folder.join("ViT-test.pt.part")
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::create_dir_all(&self.fetcher.folder).unwrap();
        fs::write(self.fetcher.folder.join(name), bytes).unwrap();
    }

    fn is_whole(&self, fetched: &Fetched) {
        assert_eq!(fetched.path, self.fetcher.folder.join("ViT-test.pt"));
        assert!(fs::read(&fetched.path).unwrap() == body());
        assert!(!self.part().exists());
    }

    fn reasons(&self) -> Vec<String> {
        let reasons = self.progress.iter().filter_map(|step| match step {
            Progress::Retry { reason, .. } => Some(reason.clone()),
            _ => None,
        });
        reasons.collect()
    }
}

#[test]
fn a_file_is_downloaded_once() {
    let (base, heads) = serve(|_, _, stream| whole(stream));
    let mut trial = trial(&base);
    let fetched = trial.fetch().unwrap();
    trial.is_whole(&fetched);
    assert!(!fetched.already);
    let length = body().len() as u64;
    let (done, total) = (length, Some(length));
    assert!(trial.progress.contains(&Progress::Bytes { done, total }));
    assert_eq!(trial.progress.last(), Some(&Progress::Checking));

    assert!(trial.fetch().unwrap().already);
    let heads = heads.lock().unwrap();
    assert_eq!(heads.len(), 1);
    let address = format!("get /clip/{}/vit-test.pt http/1.1", file().sha256);
    assert_eq!(heads[0].lines().next().unwrap(), address);
}

#[test]
fn a_dropped_connection_is_gone_on_from() {
    let (base, heads) = serve(|number, from, stream| match number {
        0 => cut(stream, 100_000),
        1 => rest(stream, from.unwrap(), 50_000),
        _ => rest(stream, from.unwrap(), usize::MAX),
    });
    let mut trial = trial(&base);
    let fetched = trial.fetch().unwrap();
    trial.is_whole(&fetched);
    let heads = heads.lock().unwrap();
    assert!(!heads[0].contains("range:"));
    assert!(heads[1].contains("range: bytes=100000-"));
    assert!(heads[2].contains("range: bytes=150000-"));
    for reason in trial.reasons() {
        assert!(reason.contains("the connection broke"), "{reason}");
    }
}

#[test]
fn a_later_call_goes_on_from_an_earlier_one() {
    let (base, heads) = serve(|_, from, stream| rest(stream, from.unwrap(), usize::MAX));
    let mut trial = trial(&base);
    trial.put("ViT-test.pt.part", &body()[..123_456]);
    let fetched = trial.fetch().unwrap();
    trial.is_whole(&fetched);
    assert!(heads.lock().unwrap()[0].contains("range: bytes=123456-"));
}

#[test]
fn a_server_that_knows_no_parts_begins_again() {
    let (base, _) = serve(|number, _, stream| match number {
        0 => cut(stream, 100_000),
        _ => whole(stream),
    });
    let mut trial = trial(&base);
    let fetched = trial.fetch().unwrap();
    trial.is_whole(&fetched);
}

#[test]
fn another_part_than_asked_for_is_not_taken() {
    let (base, _) = serve(|number, _, stream| match number {
        0 => cut(stream, 100_000),
        1 => rest(stream, 200_000, usize::MAX),
        _ => whole(stream),
    });
    let mut trial = trial(&base);
    let fetched = trial.fetch().unwrap();
    trial.is_whole(&fetched);
}

#[test]
fn a_part_that_is_whole_only_needs_its_name() {
    let (base, _) = serve(|_, from, stream| {
        assert_eq!(from, Some(body().len()));
        let range = format!("Content-Range: bytes */{}", body().len());
        status(stream, &format!("416 Range Not Satisfiable\r\n{range}"));
    });
    let mut trial = trial(&base);
    trial.put("ViT-test.pt.part", &body());
    let fetched = trial.fetch().unwrap();
    trial.is_whole(&fetched);
}

#[test]
fn a_part_that_is_too_long_is_thrown_away() {
    let (base, _) = serve(|_, from, stream| match from {
        Some(_) => status(
            stream,
            "416 Range Not Satisfiable\r\nContent-Range: bytes */300000",
        ),
        None => whole(stream),
    });
    let mut trial = trial(&base);
    trial.put("ViT-test.pt.part", &[body(), body()].concat());
    let fetched = trial.fetch().unwrap();
    trial.is_whole(&fetched);
}

#[test]
fn a_file_with_another_hash_is_refused() {
    let (base, _) = serve(|_, _, stream| {
        send(stream, "200 OK\r\nContent-Length: 5", b"<html");
    });
    let mut trial = trial(&base);
    let error = trial.fetch().unwrap_err();
    insta::assert_snapshot!(trial.message(&error), @"the file from BASE/HASH/ViT-test.pt is not the published one: expected SHA-256 HASH, found def493b2b1e79b338f45bef270e6373e56b94b6ad9fe7d8b4e8601133020160e; it was removed. Try again, and if that does not help, another source (EXP_WEIGHTS_URL)");
    // Neither the file nor the part of it: the next call begins at the beginning.
    assert!(!trial.part().exists());
    assert!(!trial.fetcher.folder.join("ViT-test.pt").exists());
}

#[test]
fn a_file_that_was_altered_is_left_to_its_owner() {
    let (base, heads) = serve(|_, _, stream| whole(stream));
    let mut trial = trial(&base);
    trial.put("ViT-test.pt", b"mine");
    let error = trial.fetch().unwrap_err();
    assert!(matches!(error, FetchError::Altered { .. }), "{error}");
    let kept = fs::read(trial.fetcher.folder.join("ViT-test.pt")).unwrap();
    assert_eq!(kept, b"mine");
    assert!(heads.lock().unwrap().is_empty());
}

#[test]
fn what_is_not_there_is_not_asked_for_again() {
    let (base, heads) = serve(|_, _, stream| status(stream, "404 Not Found"));
    let mut trial = trial(&base);
    let error = trial.fetch().unwrap_err();
    insta::assert_snapshot!(trial.message(&error), @"the server answers 404 Not Found for BASE/HASH/ViT-test.pt; it does not have the file: use a mirror that does, with EXP_WEIGHTS_URL");
    assert_eq!(heads.lock().unwrap().len(), 1);
}

#[test]
fn a_server_that_recovers_is_asked_again() {
    let (base, _) = serve(|number, _, stream| match number {
        0 => status(stream, "500 Internal Server Error"),
        1 => status(stream, "503 Service Unavailable"),
        2 => status(stream, "429 Too Many Requests"),
        _ => whole(stream),
    });
    let mut trial = trial(&base);
    let fetched = trial.fetch().unwrap();
    trial.is_whole(&fetched);
    assert_eq!(
        trial.reasons(),
        [
            "the server answers 500 Internal Server Error",
            "the server answers 503 Service Unavailable",
            "the server answers 429 Too Many Requests"
        ]
    );
}

#[test]
fn a_server_that_stays_broken_is_given_up_on() {
    let (base, heads) = serve(|_, _, stream| status(stream, "502 Bad Gateway"));
    let mut trial = trial(&base);
    trial.put("ViT-test.pt.part", &body()[..1000]);
    let error = trial.fetch().unwrap_err();
    insta::assert_snapshot!(trial.message(&error), @"gave up on BASE/HASH/ViT-test.pt after 5 attempts: the server answers 502 Bad Gateway; 1000 bytes are kept, and the same command goes on from there");
    assert_eq!(heads.lock().unwrap().len(), 5);
    assert_eq!(fs::read(trial.part()).unwrap(), body()[..1000]);
}

#[test]
fn nobody_listening_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut trial = trial(&base);
    let error = trial.fetch().unwrap_err().to_string();
    assert!(error.contains("Connection refused"), "{error}");
}

#[test]
fn a_connection_on_which_nothing_comes_is_left() {
    let (base, _) = serve(|number, from, stream| match number {
        0 => {
            cut(stream, 100_000);
            // Keeps the connection open beyond the end of this call.
            let held = stream.try_clone().unwrap();
            thread::spawn(move || {
                thread::sleep(Duration::from_secs(20));
                drop(held);
            });
        }
        _ => rest(stream, from.unwrap(), usize::MAX),
    });
    let mut trial = trial(&base);
    let began = Instant::now();
    let fetched = trial.fetch().unwrap();
    trial.is_whole(&fetched);
    assert_eq!(trial.reasons(), ["no byte came for 1 s"]);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_redirect_is_followed_with_the_part_asked_for() {
    let (target, heads) = serve(|_, from, stream| rest(stream, from.unwrap(), usize::MAX));
    let (base, _) = serve(move |_, _, stream| {
        status(stream, &format!("302 Found\r\nLocation: {target}/moved"));
    });
    let mut trial = trial(&base);
    trial.put("ViT-test.pt.part", &body()[..10]);
    let fetched = trial.fetch().unwrap();
    trial.is_whole(&fetched);
    assert!(heads.lock().unwrap()[0].contains("range: bytes=10-"));
}

#[test]
fn more_than_weights_can_be_is_not_begun() {
    let (base, _) = serve(|_, _, stream| {
        send(stream, "200 OK\r\nContent-Length: 99999999999", b"");
    });
    let mut trial = trial(&base);
    let error = trial.fetch().unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { .. }), "{error}");
}

#[test]
fn no_address_is_told() {
    let mut trial = trial("weights.example");
    let error = trial.fetch().unwrap_err();
    insta::assert_snapshot!(trial.message(&error), @"cannot ask for BASE/HASH/ViT-test.pt: relative URL without a base; EXP_WEIGHTS_URL must be an address such as https://host/folder");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let (base, _) = serve(|_, _, stream| whole(stream));
    let mut trial = trial(&base);
    fs::create_dir_all(&trial.fetcher.folder).unwrap();
    std::os::unix::fs::symlink("/dev/full", trial.part()).unwrap();
    let error = trial.fetch().unwrap_err();
    insta::assert_snapshot!(trial.message(&error), @"the disk is full: cannot write FOLDER/cache/weights/ViT-test.pt.part; make room, or choose a folder on another disk with EXP_CACHE. The same command then goes on from what is there");
}

#[test]
fn two_at_once_download_it_once() {
    let (base, heads) = serve(|_, _, stream| {
        thread::sleep(Duration::from_millis(100));
        whole(stream);
    });
    let trial = trial(&base);
    let fetch = || trial.fetcher.fetch(&file(), &mut |_| {}).unwrap();
    let mut already = thread::scope(|scope| {
        let both = [scope.spawn(fetch), scope.spawn(fetch)];
        both.map(|one| one.join().unwrap().already)
    });
    already.sort_unstable();
    assert_eq!(already, [false, true]);
    assert_eq!(heads.lock().unwrap().len(), 1);
    assert!(fs::read(trial.fetcher.folder.join("ViT-test.pt")).unwrap() == body());
}

#[test]
fn hashes_look_like_hashes_and_names_are_told_apart() {
    for published in PUBLISHED {
        assert_eq!(published.sha256.len(), 64);
        assert!(published.sha256.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_eq!(
            exp_weights::fetch::published(published.name),
            Some(&published)
        );
    }
}
