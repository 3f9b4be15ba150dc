//! Files that are there whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// What the name of a file ends with that is being written. One that lies about is of a program
/// that broke off, and of no use.
pub const UNFINISHED: &str = "part";

/// Bytes that go to the operating system at a time.
const BUFFER: usize = 1 << 20;

/// Writes a file so that, whenever the program or the machine stops, the path has either what it
/// had before or all of what `write` gives: a file beside it, synced to the disk, takes its name,
/// and then the folder is synced too. The folder is made where there is none. When it fails,
/// nothing is left behind.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".");
    temporary.push(UNFINISHED);
    let temporary = PathBuf::from(temporary);
    let written = (|| {
        let mut file = BufWriter::with_capacity(BUFFER, File::create(&temporary)?);
        write(&mut file)?;
        let file = file.into_inner().map_err(|error| error.into_error())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    })();
    if written.is_err() {
        // The first error is the one to tell.
        let _ = std::fs::remove_file(&temporary);
    }
    written?;
    sync_folder(folder)
}

/// Makes the names in a folder outlast a power cut. Only Unix opens a folder as a file.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
