//! A machine for pickles that builds plain data.
//!
//! It knows the opcodes of protocols 0 to 5 (Python's `pickletools` describes them). Those that
//! would import or call something make a [`Value::Global`] or a [`Value::Object`] instead.

use std::collections::HashMap;

use super::input::Input;
use super::values::{Id, Object, Value, Values};
use crate::WeightError;
use crate::source::Source;

/// Most values, places on the stack and memo entries. A large checkpoint has a hundred thousand.
const MOST: usize = 1 << 20;

/// Most places in lists, tuples and dictionaries; one value may be in many.
const MOST_PLACES: usize = 1 << 22;

/// Longest whole number in bytes; PyTorch's magic number has ten.
const LONGEST_NUMBER: u64 = 256;

/// What a pickle builds.
#[derive(Debug)]
pub(super) struct Pickle {
    pub values: Values,
    pub root: Id,
    /// The byte of the file after it.
    pub end: u64,
}

/// Reads the pickle that begins at byte `start` and ends before byte `end`.
pub(super) fn read(source: &Source, start: u64, end: u64) -> Result<Pickle, WeightError> {
    let mut machine = Machine {
        input: Input::new(source, start, end),
        values: Values::default(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        places: 0,
    };
    loop {
        if let Some(root) = machine.step()? {
            return Ok(Pickle {
                values: machine.values,
                root,
                end: machine.input.position(),
            });
        }
    }
}

struct Machine<'a> {
    input: Input<'a>,
    values: Values,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
    /// Places in lists, tuples and dictionaries that were filled so far.
    places: usize,
}

impl Machine<'_> {
    /// Carries out one opcode; the root when it is the last.
    fn step(&mut self) -> Result<Option<Id>, WeightError> {
        if self.values.len().max(self.stack.len()).max(self.memo.len()) > MOST {
            return Err(self.bad(format!("it holds more than {MOST} values")));
        }
        if self.places > MOST_PLACES {
            return Err(self.bad(format!("its lists have more than {MOST_PLACES} places")));
        }
        let opcode = self.input.byte()?;
        match opcode {
            b'.' => return Ok(Some(self.pop()?)),
            // PROTO and FRAME say how it was written.
            0x80 => drop(self.input.bytes(1)?),
            0x95 => drop(self.input.bytes(8)?),
            b'(' => {
                // A mark takes a place like a value, or marks alone would be without bound.
                if self.marks.len() >= MOST {
                    return Err(self.bad(format!("it holds more than {MOST} marks")));
                }
                self.marks.push(self.stack.len());
            }
            b'0' => drop(self.pop()?),
            b'1' => drop(self.since_mark()?),
            b'2' => {
                let top = self.top()?;
                self.stack.push(top);
            }
            b'N' => self.push(Value::None),
            0x88 => self.push(Value::Bool(true)),
            0x89 => self.push(Value::Bool(false)),
            b'J' => {
                let bytes = self.input.array()?;
                self.push(Value::Int(i32::from_le_bytes(bytes).into()));
            }
            b'K' => {
                let [byte] = self.input.array()?;
                self.push(Value::Int(byte.into()));
            }
            b'M' => {
                let bytes = self.input.array()?;
                self.push(Value::Int(u16::from_le_bytes(bytes).into()));
            }
            b'G' => {
                let bytes = self.input.array()?;
                self.push(Value::Float(f64::from_be_bytes(bytes)));
            }
            0x8a => {
                let length = self.input.length(1)?;
                self.long(length)?;
            }
            0x8b => {
                let length = self.input.length(4)?;
                self.long(length)?;
            }
            b'I' | b'L' | b'F' => self.number_as_text(opcode)?,
            b'S' | b'V' => {
                let line = self.input.line()?;
                let text = line.trim_matches(['\'', '"']).into();
                self.push(Value::Text(text));
            }
            // Texts; those of Python 2 (`U`, `T`) are state dict keys in old files.
            b'X' | b'T' => self.text(4)?,
            b'U' | 0x8c => self.text(1)?,
            0x8d => self.text(8)?,
            b'B' => self.binary(4)?,
            b'C' => self.binary(1)?,
            0x8e | 0x96 => self.binary(8)?,
            b')' => self.push(Value::Tuple(Vec::new())),
            b']' => self.push(Value::List(Vec::new())),
            // Sets are lists to us: nothing here looks one up.
            0x8f => self.push(Value::List(Vec::new())),
            b'}' => self.push(Value::Dict(Vec::new())),
            b't' => {
                let elements = self.since_mark()?;
                self.push(Value::Tuple(elements));
            }
            b'l' | 0x91 => {
                let elements = self.since_mark()?;
                self.push(Value::List(elements));
            }
            b'd' => {
                let entries = self.entries_since_mark()?;
                self.push(Value::Dict(entries));
            }
            0x85..=0x87 => {
                let mut elements = vec![0; usize::from(opcode - 0x84)];
                for place in elements.iter_mut().rev() {
                    *place = self.pop()?;
                }
                self.push(Value::Tuple(elements));
            }
            b'a' => {
                let element = self.pop()?;
                self.places += 1;
                self.extend(&[element])?;
            }
            b'e' | 0x90 => {
                let elements = self.since_mark()?;
                self.extend(&elements)?;
            }
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.places += 2;
                self.set(&[(key, value)])?;
            }
            b'u' => {
                let entries = self.entries_since_mark()?;
                self.set(&entries)?;
            }
            b'p' | b'q' | b'r' | 0x94 => {
                let index = match opcode {
                    b'p' => self.line_index()?,
                    0x94 => self.memo.len() as u32,
                    _ => self.index(opcode == b'r')?,
                };
                let top = self.top()?;
                self.memo.insert(index, top);
            }
            b'g' | b'h' | b'j' => {
                let index = match opcode {
                    b'g' => self.line_index()?,
                    _ => self.index(opcode == b'j')?,
                };
                let known = self.memo.get(&index).copied();
                let id =
                    known.ok_or_else(|| self.bad(format!("no value {index} is remembered")))?;
                self.stack.push(id);
            }
            b'c' => {
                let module = self.input.line()?.into();
                let name = self.input.line()?.into();
                self.push(Value::Global { module, name });
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let pair = self.values.text(module).zip(self.values.text(name));
                let pair = pair.map(|(module, name)| (module.into(), name.into()));
                let Some((module, name)) = pair else {
                    return Err(self.bad("a class has no name"));
                };
                self.push(Value::Global { module, name });
            }
            // REDUCE, NEWOBJ: a class or function and its arguments.
            b'R' | 0x81 => {
                let arguments = self.pop()?;
                let class = self.pop()?;
                self.object(class, arguments);
            }
            // NEWOBJ_EX: named arguments as well.
            0x92 => {
                let _named = self.pop()?;
                let arguments = self.pop()?;
                let class = self.pop()?;
                self.object(class, arguments);
            }
            b'o' => {
                let mut elements = self.since_mark()?;
                if elements.is_empty() {
                    return Err(self.bad("an object has no class"));
                }
                let class = elements.remove(0);
                let arguments = self.values.push(Value::Tuple(elements));
                self.object(class, arguments);
            }
            b'i' => {
                let module = self.input.line()?.into();
                let name = self.input.line()?.into();
                let elements = self.since_mark()?;
                let class = self.values.push(Value::Global { module, name });
                let arguments = self.values.push(Value::Tuple(elements));
                self.object(class, arguments);
            }
            b'b' => {
                let state = self.pop()?;
                let top = self.top()?;
                match self.values.get_mut(top) {
                    Value::Object(object) => object.state = Some(state),
                    _ => return Err(self.bad("a value that is no object has attributes")),
                }
            }
            b'P' => {
                let name = self.input.line()?.into();
                let id = self.values.push(Value::Text(name));
                self.push(Value::Persistent(id));
            }
            b'Q' => {
                let id = self.pop()?;
                self.push(Value::Persistent(id));
            }
            _ => {
                let position = self.input.read() - 1;
                return Err(self.bad(format!(
                    "byte {opcode:#04x} at {position} is no opcode that PyTorch writes"
                )));
            }
        }
        Ok(None)
    }

    fn bad(&self, reason: impl Into<String>) -> WeightError {
        self.input.bad(reason)
    }

    fn push(&mut self, value: Value) {
        let id = self.values.push(value);
        self.stack.push(id);
    }

    fn object(&mut self, class: Id, arguments: Id) {
        self.push(Value::Object(Box::new(Object {
            class,
            arguments,
            state: None,
            items: Vec::new(),
        })));
    }

    /// Where the values that may be taken begin: after the last mark.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Id, WeightError> {
        if self.stack.len() > self.floor()
            && let Some(id) = self.stack.pop()
        {
            return Ok(id);
        }
        Err(self.bad("it takes a value from an empty stack"))
    }

    fn top(&self) -> Result<Id, WeightError> {
        let above = self.stack.get(self.floor()..).and_then(<[Id]>::last);
        let none = || self.bad("it takes a value from an empty stack");
        above.copied().ok_or_else(none)
    }

    fn since_mark(&mut self) -> Result<Vec<Id>, WeightError> {
        match self.marks.pop() {
            Some(mark) => {
                self.places += self.stack.len() - mark;
                Ok(self.stack.split_off(mark))
            }
            None => Err(self.bad("it goes back to a mark that it never set")),
        }
    }

    fn entries_since_mark(&mut self) -> Result<Vec<(Id, Id)>, WeightError> {
        let elements = self.since_mark()?;
        match elements.as_chunks::<2>() {
            (pairs, []) => Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect()),
            _ => Err(self.bad("a dictionary has a key without a value")),
        }
    }

    fn extend(&mut self, elements: &[Id]) -> Result<(), WeightError> {
        let top = self.top()?;
        match self.values.get_mut(top) {
            Value::List(list) => list.extend(elements),
            // A kind of list, which no tensor is in.
            Value::Object(_) => {}
            _ => return Err(self.bad("elements are added to what is no list")),
        }
        Ok(())
    }

    fn set(&mut self, entries: &[(Id, Id)]) -> Result<(), WeightError> {
        let top = self.top()?;
        match self.values.get_mut(top) {
            Value::Dict(items) => items.extend(entries),
            Value::Object(object) => object.items.extend(entries),
            _ => return Err(self.bad("entries are set in what is no dictionary")),
        }
        Ok(())
    }
}

/// Values with operands in the pickle.
impl Machine<'_> {
    fn line_index(&mut self) -> Result<u32, WeightError> {
        let line = self.input.line()?;
        line.parse()
            .map_err(|_| self.bad("it remembers a value under no number"))
    }

    /// A number of one byte, or of four.
    fn index(&mut self, long: bool) -> Result<u32, WeightError> {
        match long {
            true => Ok(u32::from_le_bytes(self.input.array()?)),
            false => Ok(self.input.byte()?.into()),
        }
    }

    fn text(&mut self, size: usize) -> Result<(), WeightError> {
        let length = self.input.length(size)?;
        let bytes = self.input.bytes(length)?;
        self.push(Value::Text(String::from_utf8_lossy(&bytes).into()));
        Ok(())
    }

    fn binary(&mut self, size: usize) -> Result<(), WeightError> {
        let length = self.input.length(size)?;
        self.input.bytes(length)?;
        self.push(Value::Bytes);
        Ok(())
    }

    /// A whole number in two's complement, the lowest byte first.
    fn long(&mut self, length: u64) -> Result<(), WeightError> {
        if length > LONGEST_NUMBER {
            return Err(self.bad(format!("a whole number has {length} bytes")));
        }
        let bytes = self.input.bytes(length)?;
        let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
        let mut extended = [if negative { 0xff } else { 0 }; 8];
        self.push(match extended.get_mut(..bytes.len()) {
            Some(low) => {
                low.copy_from_slice(&bytes);
                Value::Int(i64::from_le_bytes(extended))
            }
            None => Value::Long(bytes.into()),
        });
        Ok(())
    }

    /// INT, LONG and FLOAT of protocol 0; INT also writes truth values.
    fn number_as_text(&mut self, opcode: u8) -> Result<(), WeightError> {
        let line = self.input.line()?;
        let line = line.trim_end_matches('L');
        let value = match (opcode, line) {
            (b'I', "00") => Some(Value::Bool(false)),
            (b'I', "01") => Some(Value::Bool(true)),
            (b'F', _) => line.parse().ok().map(Value::Float),
            _ => line.parse().ok().map(Value::Int),
        };
        match value {
            Some(value) => self.push(value),
            None => return Err(self.bad("a number is written with other things than digits")),
        }
        Ok(())
    }
}
