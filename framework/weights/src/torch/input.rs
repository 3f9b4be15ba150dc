//! The bytes of a pickle, one after the other.

use crate::WeightError;
use crate::source::Source;

/// Longest pickle in bytes. That of a checkpoint with an optimiser has a few hundred thousand.
const LONGEST: u64 = 64 << 20;

/// Bytes read at a time.
const CHUNK: u64 = 1 << 13;

/// The bytes of a pickle, one after the other.
pub(super) struct Input<'a> {
    source: &'a Source,
    start: u64,
    position: u64,
    end: u64,
    buffer: Vec<u8>,
    used: usize,
}

impl<'a> Input<'a> {
    /// The bytes from `start` on, before `end`.
    pub fn new(source: &'a Source, start: u64, end: u64) -> Self {
        Self {
            source,
            start,
            position: start,
            end: end.min(start.saturating_add(LONGEST)),
            buffer: Vec::new(),
            used: 0,
        }
    }

    /// The byte of the file that comes next.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// How many bytes of the pickle have been read.
    pub fn read(&self) -> u64 {
        self.position - self.start
    }

    /// The error that says what is wrong with the pickle.
    pub fn bad(&self, reason: impl Into<String>) -> WeightError {
        let reason = reason.into();
        self.source
            .bad(format!("the pickle in it is wrong: {reason}"))
    }

    fn left(&self) -> u64 {
        self.end - self.position
    }

    fn short(&self) -> WeightError {
        match self.end - self.start == LONGEST {
            true => self.bad(format!("it is longer than {LONGEST} bytes")),
            false => self.bad(format!(
                "it breaks off at byte {} (an incomplete download?)",
                self.end
            )),
        }
    }

    pub fn byte(&mut self) -> Result<u8, WeightError> {
        if self.used == self.buffer.len() {
            if self.left() == 0 {
                return Err(self.short());
            }
            let size = self.left().min(CHUNK);
            self.buffer = self.source.range(self.position, size)?;
            self.used = 0;
        }
        let byte = self.buffer[self.used];
        self.used += 1;
        self.position += 1;
        Ok(byte)
    }

    /// The next bytes; no memory is taken for bytes that are not there.
    pub fn bytes(&mut self, length: u64) -> Result<Vec<u8>, WeightError> {
        if length > self.left() {
            return Err(self.short());
        }
        let mut bytes = Vec::with_capacity(length as usize);
        let buffered = self.buffer.len() - self.used;
        let first = buffered.min(length as usize);
        bytes.extend(&self.buffer[self.used..self.used + first]);
        self.used += first;
        self.position += first as u64;
        let rest = length - first as u64;
        if rest > 0 {
            bytes.extend(self.source.range(self.position, rest)?);
            self.position += rest;
        }
        Ok(bytes)
    }

    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], WeightError> {
        let mut array = [0; N];
        for place in &mut array {
            *place = self.byte()?;
        }
        Ok(array)
    }

    pub fn line(&mut self) -> Result<String, WeightError> {
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => return Ok(String::from_utf8_lossy(&line).into_owned()),
                byte => line.push(byte),
            }
        }
    }

    /// A length of 1, 4 or 8 bytes. A negative one is a very large one here.
    pub fn length(&mut self, size: usize) -> Result<u64, WeightError> {
        let mut bytes = [0; 8];
        for place in &mut bytes[..size] {
            *place = self.byte()?;
        }
        Ok(u64::from_le_bytes(bytes))
    }
}
