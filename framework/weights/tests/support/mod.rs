//! Files made by hand, byte by byte, as no PyTorch writes them.
#![allow(dead_code)]

use std::io::Write;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A zip archive of these entries, stored as they are.
pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, content) in entries {
        archive.start_file(*name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// PyTorch's zip file of a pickle, and one storage of 24 bytes.
pub fn torch(pickle: &[u8]) -> Vec<u8> {
    zip(&[
        ("archive/data.pkl", pickle),
        ("archive/byteorder", b"little"),
        ("archive/data/0", &[0; 24]),
    ])
}

/// PyTorch's old file of a pickle, and one storage of 6 float32 when the pickle names any.
pub fn legacy(pickle: &[u8]) -> Vec<u8> {
    let mut file = legacy_start();
    file.extend(pickle);
    if !pickle.windows(7).any(|window| window == b"Storage") {
        file.extend(b"\x80\x02].");
        return file;
    }
    file.extend(b"\x80\x02]X\x01\0\0\x000a.");
    file.extend(6_u64.to_le_bytes());
    file.extend([0; 24]);
    file
}

/// The first three pickles of an old file.
pub fn legacy_start() -> Vec<u8> {
    let mut file = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.".to_vec();
    file.extend(b"\x80\x02}X\x0d\0\0\0little_endian\x88s.");
    file
}

pub fn text(text: &str) -> Vec<u8> {
    let mut bytes = vec![b'X'];
    bytes.extend((text.len() as u32).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

pub fn int(value: i64) -> Vec<u8> {
    let mut bytes = vec![0x8a, 8];
    bytes.extend(value.to_le_bytes());
    bytes
}

pub fn tuple(elements: &[Vec<u8>]) -> Vec<u8> {
    [b"(".as_slice(), &elements.concat(), b"t"].concat()
}

pub fn global(module: &str, name: &str) -> Vec<u8> {
    format!("c{module}\n{name}\n").into_bytes()
}

/// A call of something: `arguments` is a tuple.
pub fn call(module: &str, name: &str, arguments: Vec<u8>) -> Vec<u8> {
    [global(module, name), arguments, b"R".to_vec()].concat()
}

/// A tensor of a storage `key` that is said to have `elements`.
pub fn tensor(
    class: &str,
    key: &str,
    elements: i64,
    offset: i64,
    sizes: &[i64],
    strides: &[i64],
) -> Vec<u8> {
    let numbers = |values: &[i64]| tuple(&values.iter().map(|v| int(*v)).collect::<Vec<_>>());
    let storage = tuple(&[
        text("storage"),
        global("torch", class),
        text(key),
        text("cpu"),
        int(elements),
    ]);
    let storage = [storage, b"Q".to_vec()].concat();
    let arguments = [storage, int(offset), numbers(sizes), numbers(strides)];
    call("torch._utils", "_rebuild_tensor_v2", tuple(&arguments))
}

/// A pickle of a dictionary.
pub fn dictionary(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut pickle = b"\x80\x02}(".to_vec();
    for (key, value) in entries {
        pickle.extend(text(key));
        pickle.extend(value);
    }
    pickle.extend(b"u.");
    pickle
}

/// A tensor of six numbers that fits the storage of [`torch`] and [`legacy`].
pub fn good() -> Vec<u8> {
    tensor("FloatStorage", "0", 6, 0, &[2, 3], &[3, 1])
}
