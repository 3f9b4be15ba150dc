//! Reading a map key by key, where some values are decoded by serde and others by the registry.

use serde::de::DeserializeOwned;

use crate::tree::{Diagnostic, Entry, Node, Value, decode, nearest};

/// A map whose keys are all known.
pub(super) struct Fields<'a> {
    what: &'static str,
    node: &'a Node,
    entries: &'a [Entry],
}

impl<'a> Fields<'a> {
    /// Checks that `node` is a map with no other keys than `known`; `what` names it in messages.
    pub(super) fn of(
        node: &'a Node,
        what: &'static str,
        known: &[&str],
    ) -> Result<Self, Diagnostic> {
        let Value::Map(entries) = &node.value else {
            return Err(Diagnostic::new(format!(
                "expected the keys of {what}, found {}",
                node.in_words()
            ))
            .at(&node.mark)
            .help(format!("there are: {}", list(known))));
        };
        for entry in entries {
            if !known.contains(&entry.key.as_str()) {
                let help = match nearest(&entry.key, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are: {}", list(known)),
                };
                return Err(
                    Diagnostic::new(format!("unknown key `{}` in {what}", entry.key))
                        .at(&entry.key_mark)
                        .help(help),
                );
            }
        }
        Ok(Self {
            what,
            node,
            entries,
        })
    }

    /// The entry of a key, if the map has it.
    pub(super) fn entry(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The value of a key that must be there.
    pub(super) fn required(&self, key: &str) -> Result<&'a Node, Diagnostic> {
        self.entry(key).map(|entry| &entry.node).ok_or_else(|| {
            Diagnostic::new(format!("the key `{key}` of {} is missing", self.what))
                .at(&self.node.mark)
        })
    }

    /// A value decoded by serde, or its default where the key is absent.
    pub(super) fn or_default<T: DeserializeOwned + Default>(
        &self,
        key: &str,
    ) -> Result<T, Diagnostic> {
        match self.entry(key) {
            Some(entry) => decode(&entry.node),
            None => Ok(T::default()),
        }
    }
}

fn list(known: &[&str]) -> String {
    let quoted: Vec<String> = known.iter().map(|key| format!("`{key}`")).collect();
    quoted.join(", ")
}
