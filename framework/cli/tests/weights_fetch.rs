//! `exp weights fetch`: where it looks, where it writes, and what it ends with. How it downloads is
//! tested in exp-weights.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;

/// A mirror that has something else than the weights; it gives the lines that it is asked with.
fn mirror() -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/mirror/", listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
            head.push(byte[0]);
        }
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nother")
            .unwrap();
        String::from_utf8(head)
            .unwrap()
            .lines()
            .next()
            .unwrap()
            .to_owned()
    });
    (base, asked)
}

fn fetch(arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_exp"))
        .args(["weights", "fetch"])
        .args(arguments)
        .env_remove("EXP_CACHE")
        .env_remove("XDG_CACHE_HOME")
        .env_remove("HOME")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), errors)
}

#[test]
fn a_mirror_must_have_the_published_files() {
    let home = tempfile::tempdir().unwrap();
    let top = home.path();
    let folder = top.to_str().unwrap();
    let cache = top.join("cache");
    let cases: [(&[(&str, &str)], &str); 3] = [
        (&[("HOME", folder)], ".cache/exp/weights"),
        (
            &[("HOME", "/nowhere"), ("XDG_CACHE_HOME", folder)],
            "exp/weights",
        ),
        (
            &[("HOME", "/nowhere"), ("EXP_CACHE", cache.to_str().unwrap())],
            "cache/weights",
        ),
    ];
    for (environment, expected) in cases {
        let (base, asked) = mirror();
        let environment = [environment, &[("EXP_WEIGHTS_URL", base.as_str())]].concat();
        let (code, errors) = fetch(&["vit-b-32"], &environment);
        assert_eq!(code, Some(1), "{errors}");
        assert!(
            errors.contains("is not the published one: expected SHA-256 40d365"),
            "{errors}"
        );
        let asked = asked.join().unwrap();
        assert!(asked.starts_with("GET /mirror/40d365715913c9"), "{asked}");
        assert!(asked.ends_with("/ViT-B-32.pt HTTP/1.1"), "{asked}");
        let folder = top.join(expected);
        assert!(folder.is_dir(), "{}", folder.display());
        assert_eq!(weights_in(&folder), 0);
    }
}

fn weights_in(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| name.contains(".pt") && !name.ends_with(".lock"))
        .count()
}

#[test]
fn bad_input_is_told() {
    let (code, errors) = fetch(&["vit-b-64"], &[]);
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("vit-b-32, vit-b-16, vit-l-14, vit-l-14-336"),
        "{errors}"
    );
    let (code, errors) = fetch(&["vit-b-32"], &[]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("name one with EXP_CACHE"), "{errors}");
    let home = tempfile::tempdir().unwrap();
    let home = home.path().to_str().unwrap();
    let (code, errors) = fetch(
        &["vit-b-32"],
        &[("HOME", home), ("EXP_WEIGHTS_URL", "mirror.example")],
    );
    assert_eq!(code, Some(2));
    assert!(
        errors.contains("EXP_WEIGHTS_URL must be an address"),
        "{errors}"
    );
}
