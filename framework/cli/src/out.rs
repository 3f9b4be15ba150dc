//! Printing for readers that may go away, as `head` does when it has seen enough.
//!
//! The standard library's macros panic then. Those here stand in for them in the whole crate: the
//! command works on as if it were read, and ends with its own exit status.

use std::io::{self, ErrorKind, Write};
use std::process::exit;

macro_rules! print {
    ($($arguments:tt)*) => {
        $crate::out::print(format_args!($($arguments)*))
    };
}

macro_rules! println {
    () => {
        $crate::out::print(format_args!("\n"))
    };
    ($($arguments:tt)*) => {
        $crate::out::print(format_args!("{}\n", format_args!($($arguments)*)))
    };
}

macro_rules! eprintln {
    ($($arguments:tt)*) => {
        $crate::out::eprint(format_args!("{}\n", format_args!($($arguments)*)))
    };
}

/// Prints a text.
pub fn print(text: std::fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    let written = out.write_fmt(text);
    is_read(written);
}

/// Prints bytes as they are, at once. Returns whether anyone still reads them.
pub fn bytes(bytes: &[u8]) -> bool {
    let mut out = io::stdout().lock();
    let written = out.write_all(bytes).and_then(|()| out.flush());
    is_read(written)
}

/// Tells a person something. Where nobody listens there is nobody to tell.
pub fn eprint(text: std::fmt::Arguments<'_>) {
    let _ = io::stderr().lock().write_fmt(text);
}

/// Any failure but a reader that went away, such as a full disk, ends the program: what it prints is
/// what it was asked for.
fn is_read(written: io::Result<()>) -> bool {
    match written {
        Ok(()) => true,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => false,
        Err(error) => {
            eprintln!("error: cannot print: {error}");
            exit(1);
        }
    }
}
