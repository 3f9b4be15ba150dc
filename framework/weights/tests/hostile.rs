//! Files that are damaged, or made to harm: each is a clear error that names the file, nothing in
//! it is executed, and memory stays bounded.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::path::Path;

use exp_weights::Weights;
use support::{call, dictionary, good, int, legacy, legacy_start, tensor, text, torch, tuple, zip};

/// What messages call the files.
const NAME: &str = "folder/hostile.pt";

/// Opens a file and reads all its tensors.
fn read(bytes: impl Into<std::borrow::Cow<'static, [u8]>>) -> Result<Weights, String> {
    let all = || {
        let weights = Weights::from_bytes(bytes, NAME)?;
        for name in weights.names() {
            weights.read(name)?;
        }
        weights.inspect()?;
        Ok(weights)
    };
    all().map_err(|error: exp_weights::WeightError| error.to_string())
}

/// The error of a file, without the file's name that it must have.
fn error(bytes: Vec<u8>) -> String {
    let error = read(bytes).unwrap_err();
    assert!(error.contains(NAME), "{error}");
    error.replace(&format!("cannot use the weights in {NAME}: "), "")
}

/// The error of both formats with this pickle, which must be the same.
fn pickle_error(pickle: &[u8]) -> String {
    let found = error(torch(pickle));
    let old = error(legacy(pickle));
    let same = |error: &str| error.split(" at ").next().unwrap().to_owned();
    assert_eq!(same(&found), same(&old));
    found
}

fn tensor_error(elements: i64, offset: i64, sizes: &[i64], strides: &[i64]) -> String {
    let tensor = tensor("FloatStorage", "0", elements, offset, sizes, strides);
    pickle_error(&dictionary(&[("w", tensor)]))
}

fn leaked(path: &Path) -> &'static [u8] {
    std::fs::read(path).unwrap().leak()
}

/// All weight files in a folder.
fn files(folder: &Path) -> impl Iterator<Item = &'static [u8]> {
    let paths = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let weights = paths.filter(|path| {
        let kind = path.extension().and_then(|kind| kind.to_str());
        ["pt", "pth", "bin", "safetensors"].contains(&kind.unwrap_or_default())
    });
    weights.map(|path| leaked(&path))
}

fn assert_refused_at_every(step: usize, file: &'static [u8]) {
    for length in (0..file.len()).step_by(step) {
        let error = read(&file[..length]).unwrap_err();
        assert!(error.contains(NAME), "{length} bytes: {error}");
    }
}

#[test]
fn the_files_of_these_tests_are_sound() {
    let pickle = dictionary(&[("w", good())]);
    for file in [torch(&pickle), legacy(&pickle)] {
        let weights = read(file).unwrap();
        assert_eq!(weights.read("w").unwrap(), [0.0; 6]);
    }
}

#[test]
fn truncated_at_every_byte() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    for file in files(&folder) {
        // The larger ones at every eighth, which saves seconds.
        let step = if file.len() < 32 << 10 { 1 } else { 8 };
        assert_refused_at_every(step, file);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.safetensors");
    let tensors = [("w".to_owned(), (vec![2, 3], vec![1.5; 6]))].into();
    exp_weights::write(&path, &tensors, None, false, &Default::default()).unwrap();
    assert_refused_at_every(1, leaked(&path));
}

#[test]
#[ignore = "reads the full data: EXP_PARITY=FOLDER … -- --ignored"]
fn the_parity_files_truncated_at_every_kilobyte() {
    let folder = std::env::var_os("EXP_PARITY").expect("EXP_PARITY names the folder");
    for file in files(Path::new(&folder)) {
        assert_refused_at_every(1024, file);
    }
}

#[test]
fn nothing_is_executed() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("made");
    let command = format!("touch {}", made.display());
    let system = call("posix", "system", tuple(&[text(&command)]));

    let alone = [b"\x80\x02".as_slice(), &system, b"."].concat();
    insta::assert_snapshot!(pickle_error(&alone), @"expected a state dict (names and tensors, at the top or under `state_dict`, `model_state_dict` or `model`), found an object of class `posix.system`");
    let function = [
        b"\x80\x02".as_slice(),
        &text("posix"),
        &text("system"),
        b"\x93.",
    ]
    .concat();
    insta::assert_snapshot!(pickle_error(&function), @"expected a state dict (names and tensors, at the top or under `state_dict`, `model_state_dict` or `model`), found a class or function");

    let beside = dictionary(&[
        (
            "state_dict",
            [b"}".to_vec(), text("w"), good(), b"s".to_vec()].concat(),
        ),
        ("recorder", system.clone()),
    ]);
    for file in [torch(&beside), legacy(&beside)] {
        let inspection = read(file).unwrap().inspect().unwrap();
        assert_eq!(
            inspection.beside,
            ["recorder: an object of class `posix.system`"]
        );
    }
    let storage = [b"\x80\x02".as_slice(), &system, b"Q."].concat();
    let [new, old] = [torch(&storage), legacy(&storage)].map(error);
    assert!(new.ends_with("found a reference"), "{new}");
    assert_eq!(old, "it refers to a storage in an unknown way");
    let tensor = call(
        "torch._utils",
        "_rebuild_tensor_v2",
        tuple(&[system, int(0), tuple(&[]), tuple(&[])]),
    );
    insta::assert_snapshot!(pickle_error(&dictionary(&[("w", tensor)])), @"tensor `w`: it refers to no storage");
    assert!(!made.exists());
}

#[test]
fn tensors_that_do_not_fit_their_storage() {
    let big = i64::MAX;
    insta::assert_snapshot!(tensor_error(6, 0, &[big, big], &[1, 1]), @"tensor `w`: its size overflows: [9223372036854775807, 9223372036854775807]");
    insta::assert_snapshot!(tensor_error(6, 0, &[big, big, 0], &[1, 1, 1]), @"tensor `w`: its size overflows: [9223372036854775807, 9223372036854775807, 0]");
    insta::assert_snapshot!(tensor_error(6, 0, &[2, 3], &[big, big]), @"tensor `w`: sizes [2, 3] with strides [9223372036854775807, 9223372036854775807] from element 0 on do not fit a storage of 6 elements");
    insta::assert_snapshot!(tensor_error(6, 0, &[7], &[1]), @"tensor `w`: sizes [7] with strides [1] from element 0 on do not fit a storage of 6 elements");
    insta::assert_snapshot!(tensor_error(6, 4, &[3], &[1]), @"tensor `w`: sizes [3] with strides [1] from element 4 on do not fit a storage of 6 elements");
    insta::assert_snapshot!(tensor_error(6, 0, &[1_000_000, 1_000_000], &[0, 0]), @"tensor `w`: sizes [1000000, 1000000] with strides [0, 0] from element 0 on do not fit a storage of 6 elements");
    insta::assert_snapshot!(tensor_error(6, 0, &[-1], &[1]), @"tensor `w`: it has a negative size, stride or offset");
    insta::assert_snapshot!(tensor_error(6, 0, &[2], &[-1]), @"tensor `w`: it has a negative size, stride or offset");
    insta::assert_snapshot!(tensor_error(6, -1, &[2], &[1]), @"tensor `w`: it has a negative size, stride or offset");
    insta::assert_snapshot!(tensor_error(6, 0, &[2, 3], &[1]), @"tensor `w`: it has 2 sizes and 1 strides; expected as many of both, and at most 16");
    insta::assert_snapshot!(tensor_error(6, 0, &[1; 40], &[1; 40]), @"tensor `w`: it has 40 sizes and 40 strides; expected as many of both, and at most 16");

    let of = |elements: i64, key: &str| {
        dictionary(&[("w", tensor("FloatStorage", key, elements, 0, &[2], &[1]))])
    };
    insta::assert_snapshot!(error(torch(&of(-6, "0"))), @"tensor `w`: its storage has a negative size");
    insta::assert_snapshot!(error(legacy(&of(-6, "0"))), @"its storage has a negative size");
    insta::assert_snapshot!(error(torch(&of(big, "0"))), @"tensor `w`: the size of its storage overflows");
    insta::assert_snapshot!(error(torch(&of(7, "0"))), @"tensor `w`: its storage should have 28 bytes and has 24");
    insta::assert_snapshot!(error(legacy(&of(7, "0"))), @"tensor `w`: its storage should have 7 elements and has 6");
    insta::assert_snapshot!(error(torch(&of(1 << 40, "0"))), @"tensor `w`: its storage should have 4398046511104 bytes and has 24");
    insta::assert_snapshot!(error(torch(&of(6, "../../etc/passwd"))), @"tensor `w`: its values, `data/../../etc/passwd`, are not in the archive");
    insta::assert_snapshot!(error(legacy(&of(6, "1"))), @"it lists a storage that nothing refers to, or of an unknown element type");

    insta::assert_snapshot!(error(torch(&of(6, &"0".repeat(65)))), @"tensor `w`: its storage has a name of 65 bytes");

    let twice = dictionary(&[("w", good()), ("w", good())]);
    insta::assert_snapshot!(pickle_error(&twice), @"two tensors are called `w`");
    let odd = dictionary(&[("a\u{1b}[2Jb", good())]);
    insta::assert_snapshot!(pickle_error(&odd), @r"tensor `a\u{1b}[2Jb`: a tensor is called `a\u{1b}[2Jb`");
    let long = dictionary(&[("n".repeat(5000).as_str(), good())]);
    insta::assert_snapshot!(pickle_error(&long), @"tensor `nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…`: a tensor has a name of 5000 bytes");
}

#[test]
fn pickles_that_are_no_programs() {
    for (pickle, expected) in [
        (b"\x80\x02.".as_slice(), "takes a value from an empty stack"),
        (b"\x80\x02}", "breaks off"),
        (b"\x80\x02t.", "a mark that it never set"),
        (b"\x80\x02(Nd.", "a key without a value"),
        (b"\x80\x02NNs.", "empty stack"),
        (b"\x80\x02NNNs.", "set in what is no dictionary"),
        (b"\x80\x02NNa.", "added to what is no list"),
        (b"\x80\x02NNb.", "no object has attributes"),
        (b"\x80\x02h\x05.", "no value 5 is remembered"),
        (b"\x80\x02gx\n.", "under no number"),
        (b"\x80\x02Ix\n.", "other things than digits"),
        (b"\x80\x02(o.", "has no class"),
        (b"\x80\x02NN\x93.", "has no name"),
        (b"\x80\x02\x82\x01.", "0x82 at 2 is no opcode"),
        (b"\x80\x05\x97.", "0x97 at 2 is no opcode"),
        (
            b"\x80\x02\x8b\xff\xff\xff\xff.",
            "a whole number has 4294967295 bytes",
        ),
        (b"\x80\x02X\xff\xff\xff\xff.", "breaks off"),
        (
            b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
            "breaks off",
        ),
        (b"\x80\x02N.", "found nothing"),
        (b"\x80\x02].", "found a list"),
        (
            b"\x80\x02}X\x01\0\0\0aNs.",
            "found a dictionary with the keys a",
        ),
    ] {
        let error = error(torch(pickle));
        assert!(
            error.contains(expected),
            "{}: {error}",
            pickle.escape_ascii()
        );
    }
}

#[test]
fn other_kinds_of_file() {
    let kind = |bytes: &[u8]| {
        let error = read(bytes.to_vec()).unwrap_err();
        let start = format!(
            "{NAME} is not a weight file: expected safetensors or a PyTorch file (.pt, .pth, .bin), found "
        );
        error.strip_prefix(&start).unwrap_or(&error).to_owned()
    };
    let mut tar = vec![0; 512];
    tar[257..262].copy_from_slice(b"ustar");
    insta::assert_snapshot!([
        kind(b""),
        kind(b"\n<!DOCTYPE html>"),
        kind(b"version https://git-lfs.github.com/spec/v1\noid sha256:00"),
        kind(b"{\"error\": \"not found\"}"),
        kind(b"Not Found\x1b[31m"),
        kind(b"\x1f\x8b\x08"),
        kind(b"\x80\x04K\x01."),
        kind(&tar),
        kind(b"\x01\x02\x03\xff"),
    ].join("\n"), @r"
    an empty file
    HTML or XML (a failed download?)
    a Git LFS pointer (fetch the file itself with `git lfs pull`)
    JSON
    text that begins `Not Found\u{1b}[31m`
    a gzip archive (unpack it first)
    a pickle that is not PyTorch's
    a tar archive (the format of the first PyTorch versions; load and save it again with a newer one)
    a file that begins with the bytes 01 02 03 ff
    ");

    let folder = tempfile::tempdir().unwrap();
    let error = Weights::open(folder.path()).unwrap_err().to_string();
    assert!(
        error.ends_with("found a folder (name the file in it)"),
        "{error}"
    );
    let error = Weights::open(&folder.path().join("nowhere.pt"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("nowhere.pt: No such file"), "{error}");
    let device = Path::new("/dev/zero");
    if device.exists() {
        let error = Weights::open(device).unwrap_err().to_string();
        assert!(
            error.ends_with("found something that is no regular file"),
            "{error}"
        );
    }
}

#[test]
fn archives_that_pytorch_does_not_write() {
    let pickle = dictionary(&[("w", good())]);
    let values = [0; 24];
    insta::assert_snapshot!(error(zip(&[])), @"folder/hostile.pt is not a weight file: expected safetensors or a PyTorch file (.pt, .pth, .bin), found a file that begins with the bytes 50 4b 05 06 00 00 00 00");
    insta::assert_snapshot!(error(zip(&[("a/readme", b"x")])), @"the zip archive has no `data.pkl`, so PyTorch did not write it");
    insta::assert_snapshot!(error(zip(&[("a/data.pkl", &pickle)])), @"tensor `w`: its values, `data/0`, are not in the archive");
    insta::assert_snapshot!(error(zip(&[("a/data.pkl", &pickle), ("b/data.pkl", &pickle)])), @"as a zip archive: it holds more than one `data.pkl`");
    insta::assert_snapshot!(error(zip(&[("a/data.pkl", &pickle), ("a/byteorder", b"big")])), @"it was written on a big-endian machine; load and save it again on another one");
    for name in ["../data.pkl", "/data.pkl", "a/../../data/0", "a\\data.pkl"] {
        let error = error(zip(&[
            ("a/data.pkl", &pickle),
            ("a/data/0", &values),
            (name, b"x"),
        ]));
        assert!(
            error.contains("leads out of the archive"),
            "{name}: {error}"
        );
    }
    // The same name twice.
    let mut twice = zip(&[
        ("a/data.pkl", &pickle),
        ("a/data/0", &values),
        ("a/data/1", &values),
    ]);
    replace(&mut twice, b"a/data/1", b"a/data/0");
    insta::assert_snapshot!(error(twice), @"as a zip archive: two entries have one name");
    // Entries that share their bytes: the second header points at the first entry.
    let mut shared = zip(&[("a/data.pkl", &pickle), ("a/data/0", &values)]);
    let directory = find(&shared, b"PK\x01\x02");
    let second = directory + 4 + find(&shared[directory + 4..], b"PK\x01\x02");
    shared[second + 42..second + 46].fill(0);
    insta::assert_snapshot!(error(shared), @"as a zip archive: entries overlap");
    // Said to be compressed, to many times its size.
    let mut bomb = torch(&pickle);
    for directory in [false, true] {
        let at = match directory {
            true => find(&bomb, b"PK\x01\x02") + 10,
            false => 8,
        };
        bomb[at..at + 2].copy_from_slice(&8_u16.to_le_bytes());
    }
    insta::assert_snapshot!(error(bomb), @"entry `archive/data.pkl` is compressed, which PyTorch never does");
    // An entry that ends far outside the file.
    let mut outside = torch(&pickle);
    let directory = find(&outside, b"PK\x01\x02");
    outside[directory + 20..directory + 28].fill(0xf0);
    insta::assert_snapshot!(error(outside), @"as a zip archive: entry `archive/data.pkl` does not end inside the file");
    // A directory that says it has more entries than it has.
    let mut many = torch(&pickle);
    let end = many.len() - 22;
    many[end + 8..end + 12].fill(0xfe);
    insta::assert_snapshot!(error(many), @"as a zip archive: invalid Zip archive: Unexpected end of zip::format::blocks::ZipCentralEntryBlock (an incomplete download?)");
}

#[test]
fn old_files_with_other_numbers() {
    let pickle = dictionary(&[("w", good())]);
    let mut version = legacy(&pickle);
    replace(&mut version, b"M\xe9\x03.", b"M\xea\x03.");
    insta::assert_snapshot!(error(version), @"expected version 1001 of PyTorch's old format, found 1002");
    let mut big = legacy(&pickle);
    replace(&mut big, b"little_endian\x88", b"little_endian\x89");
    insta::assert_snapshot!(error(big), @"it was written on a big-endian machine; load and save it again on another one");
    let mut elements = legacy(&pickle);
    let at = elements.len() - 32;
    elements[at..at + 8].fill(0xff);
    insta::assert_snapshot!(error(elements), @"storage `0` should have 18446744073709551615 elements of 4 bytes, but the file ends before (an incomplete download?)");
    let mut unknown = legacy_start();
    unknown.extend(&pickle);
    unknown.extend(b"\x80\x02]X\x01\0\0\x007a.");
    insta::assert_snapshot!(error(unknown), @"it lists a storage that nothing refers to, or of an unknown element type");
}

#[test]
fn safetensors_with_other_headers() {
    let file = |header: &str, values: usize| {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.extend(vec![0; values]);
        error(file)
    };
    let tensor = |name: &str, shape: &str, from: usize, to: usize| {
        format!(r#""{name}":{{"dtype":"F32","shape":{shape},"data_offsets":[{from},{to}]}}"#)
    };
    insta::assert_snapshot!(file(&format!("{{{}}}", tensor("w", "[2]", 0, 8)), 4), @"as safetensors: its header describes 8 bytes of values, but 4 follow (an incomplete download?)");
    insta::assert_snapshot!(file(&format!("{{{}}}", tensor("w", "[3]", 0, 8)), 8), @"as safetensors: invalid shape, data type, or offset for tensor");
    insta::assert_snapshot!(file(&format!("{{{}}}", tensor("w", "[4611686018427387904,4]", 0, 0)), 0), @"as safetensors: overflow computing buffer size from shape and/or element type");
    insta::assert_snapshot!(file(&format!("{{{},{}}}", tensor("v", "[2]", 0, 8), tensor("w", "[2]", 4, 12)), 12), @"as safetensors: invalid offset for tensor `w`");
    insta::assert_snapshot!(file(&format!("{{{},{}}}", tensor("w", "[2]", 0, 8), tensor("w", "[2]", 8, 16)), 16), @"as safetensors: invalid offset for tensor `w`");
    insta::assert_snapshot!(file("{", 0), @"as safetensors: EOF while parsing an object at line 1 column 1");
    let mut long = (1_u64 << 39).to_le_bytes().to_vec();
    long.extend(b"{}");
    insta::assert_snapshot!(error(long), @"as safetensors: its header is said to have 549755813888 bytes; at most 16777216 are read");
}

/// In how much memory, in KiB, the test below makes and reads its files, of which one has 32 MiB.
const MEMORY: usize = 1 << 19;

/// Runs `bombs` in a process of its own that may have so much memory and no more.
#[cfg(target_os = "linux")]
#[test]
fn memory_stays_bounded() {
    let program = std::env::current_exe().unwrap();
    let limited =
        format!("ulimit -v {MEMORY} && exec \"$0\" --exact bombs --ignored --test-threads=1");
    let output = std::process::Command::new("sh")
        .args(["-c", &limited])
        .arg(program)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        printed.contains("1 passed"),
        "{printed}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Small programs that would build much, were there no bounds.
#[test]
#[ignore = "memory_stays_bounded runs it"]
fn bombs() {
    const LENGTH: usize = 16 << 20;
    let values = "more than 1048576 values";
    let places = "more than 4194304 places";
    for (start, step, expected) in [
        (b"\x80\x02".as_slice(), b"N".as_slice(), values),
        (b"\x80\x02", b"]", values),
        (b"\x80\x02N", b"2", values),
        (b"\x80\x02", b"N0", values),
        (b"\x80\x02", b"(", "more than 1048576 marks"),
        (b"\x80\x02N", b"2\x86", values),
        // A dictionary, a list and an object that hold themselves again and again.
        (b"\x80\x02}", b"22s", places),
        (b"\x80\x02]q\x01", b"h\x01a", places),
        (b"\x80\x02]q\x01", b"(h\x01h\x01h\x01e", places),
        (b"\x80\x02ca\nb\n)R", b"22s", places),
        (
            b"\x80\x02Nq\x01",
            b"(h\x01h\x01h\x01h\x01h\x01h\x01h\x01h\x01t0",
            places,
        ),
    ] {
        let pickle = [start, &step.repeat(LENGTH / step.len())].concat();
        let error = error(torch(&pickle));
        assert!(error.contains(expected), "{}: {error}", step.escape_ascii());
    }
    let mut remembered = b"\x80\x02N".to_vec();
    for index in 0..6_u32 << 20 {
        remembered.push(b'r');
        remembered.extend(index.to_le_bytes());
    }
    assert!(error(torch(&remembered)).contains(values));
    let large = [
        b"\x80\x02X\0\0\0\x02".to_vec(),
        vec![b'n'; 32 << 20],
        b".".to_vec(),
    ]
    .concat();
    assert!(error(torch(&large)).ends_with("found a text"));

    // A list a million deep: nothing may go down into it by calling itself.
    let mut deep = b"\x80\x02".to_vec();
    deep.extend([b']'; 1 << 19]);
    deep.extend([b'a'; (1 << 19) - 1]);
    deep.push(b'.');
    assert!(error(torch(&deep)).ends_with("found a list"));

    // A dictionary that is its own state dict.
    let own = [
        b"\x80\x02}q\0".to_vec(),
        text("state_dict"),
        b"h\0s.".to_vec(),
    ]
    .concat();
    assert!(error(torch(&own)).ends_with("nested deeper than 32"));

    // Modules that hold the next one twice, under long names: 2^30 tensors.
    let mut modules = b"\x80\x02".to_vec();
    modules.extend(good());
    for depth in 0..30_u8 {
        modules.extend(b"q\x010c__torch__\nM\n)\x81}(");
        for side in ["a", "b"] {
            modules.extend(text(&side.repeat(if depth < 3 { 300 } else { 1 })));
            modules.extend(b"h\x01");
        }
        modules.extend(b"ub");
    }
    modules.push(b'.');
    assert!(error(torch(&modules)).ends_with("more than 131072 tensors and modules"));

    // A header that is one long shape.
    let shape = format!("[{}1]", "1,".repeat(8 << 20));
    let header = format!(
        r#"{{"w":{{"dtype":"F32","shape":{},"data_offsets":[0,4]}}}}"#,
        &shape
    );
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend([0; 4]);
    assert!(error(file).contains("at most 16777216 are read"));

    // An archive of very many entries.
    let names: Vec<String> = (0..400_000).map(|index| format!("a/{index}")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &[][..])).collect();
    let archive = zip(&entries);
    assert!(error(archive).contains("longer than 16777216 bytes"));
}

fn find(bytes: &[u8], wanted: &[u8]) -> usize {
    let at = bytes
        .windows(wanted.len())
        .position(|window| window == wanted);
    at.unwrap()
}

fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    while let Some(at) = bytes.windows(old.len()).position(|window| window == old) {
        bytes[at..at + old.len()].copy_from_slice(new);
    }
}
