//! The plain data that a pickle is read into.

use crate::shown::shown;

/// A value's place in [`Values`].
pub(super) type Id = u32;

/// One value. Values hold each other by place, so that shared ones and cycles take no room.
#[derive(Debug)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// A whole number beyond 64 bits: its bytes, the lowest first.
    Long(Box<[u8]>),
    Float(f64),
    Text(Box<str>),
    /// Bytes, whose content nothing here needs.
    Bytes,
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A class or function, which stays a name.
    Global {
        module: Box<str>,
        name: Box<str>,
    },
    /// What calling a class or function would have made.
    Object(Box<Object>),
    /// A reference to something outside the pickle, such as a storage.
    Persistent(Id),
}

/// What calling a class or function would have made: what was to be called, and with what.
#[derive(Debug)]
pub(super) struct Object {
    pub class: Id,
    pub arguments: Id,
    /// What its attributes would have been set from.
    pub state: Option<Id>,
    /// Entries that would have been set in it, when it is a kind of dictionary.
    pub items: Vec<(Id, Id)>,
}

/// All values of a pickle.
#[derive(Debug, Default)]
pub(super) struct Values(Vec<Value>);

impl Values {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn push(&mut self, value: Value) -> Id {
        self.0.push(value);
        (self.0.len() - 1) as Id
    }

    pub fn get(&self, id: Id) -> &Value {
        &self.0[id as usize]
    }

    pub fn get_mut(&mut self, id: Id) -> &mut Value {
        &mut self.0[id as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.0.iter()
    }

    pub fn text(&self, id: Id) -> Option<&str> {
        match self.get(id) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn int(&self, id: Id) -> Option<i64> {
        match self.get(id) {
            Value::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The elements of a tuple or a list.
    pub fn sequence(&self, id: Id) -> Option<&[Id]> {
        match self.get(id) {
            Value::Tuple(elements) | Value::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The module and name of a class or function.
    pub fn global(&self, id: Id) -> Option<(&str, &str)> {
        match self.get(id) {
            Value::Global { module, name } => Some((module, name)),
            _ => None,
        }
    }

    /// The object, with the module and name of what would have made it.
    pub fn object(&self, id: Id) -> Option<(&Object, &str, &str)> {
        match self.get(id) {
            Value::Object(object) => {
                let (module, name) = self.global(object.class)?;
                Some((object, module, name))
            }
            _ => None,
        }
    }

    /// What a value is, for messages.
    pub fn kind(&self, id: Id) -> String {
        let kind = match self.get(id) {
            Value::None => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Int(_) | Value::Long(_) | Value::Float(_) => "a number",
            Value::Text(_) => "a text",
            Value::Bytes => "bytes",
            Value::Tuple(_) => "a tuple",
            Value::List(_) => "a list",
            Value::Dict(_) => "a dictionary",
            Value::Global { .. } => "a class or function",
            Value::Persistent(_) => "a reference",
            Value::Object(_) => {
                return match self.object(id) {
                    Some((_, "torch._utils", name)) if name.starts_with("_rebuild_tensor") => {
                        "a tensor".to_owned()
                    }
                    Some((_, module, name)) => {
                        format!(
                            "an object of class `{}`",
                            shown(&format!("{module}.{name}"))
                        )
                    }
                    None => "an object".to_owned(),
                };
            }
        };
        kind.to_owned()
    }
}
