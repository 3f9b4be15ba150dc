//! A table of plugins of one kind: from its one entry here a plugin gets its place in the YAML,
//! its line in the list of plugins, its JSON schema and its part in the run's identity.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use crate::tree::{Diagnostic, Node, Value, decode, nearest};

type Decode<T> = dyn Fn(&Node) -> Result<(Box<T>, Json), Diagnostic> + Send + Sync;

struct Entry<T: ?Sized> {
    name: &'static str,
    schema: fn(&mut SchemaGenerator) -> Schema,
    decode: Box<Decode<T>>,
}

/// A plugin that settings chose, ready for use.
pub struct Chosen<T: ?Sized> {
    /// The name it is registered under.
    pub name: &'static str,
    /// All its settings, defaults included: its part in the run's identity.
    pub settings: Json,
    /// The plugin.
    pub plugin: Box<T>,
}

impl<T: ?Sized> Chosen<T> {
    /// The plugin as it would stand in YAML, with every setting: `{"transformer": {"depth": 1}}`.
    pub fn to_json(&self) -> Json {
        json!({ self.name: self.settings })
    }
}

/// A plugin as a list of plugins shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The name it is registered under.
    pub name: &'static str,
    /// The first sentence of its documentation.
    pub about: String,
    /// Its settings: name, documentation, and the default as JSON (`None`: it must be given).
    pub settings: Vec<(String, String, Option<Json>)>,
}

/// The plugins of one kind.
pub struct Table<T: ?Sized> {
    /// What they are, for messages: `prompt source`, `temporal model`, …
    kind: &'static str,
    entries: Vec<Entry<T>>,
}

impl<T: ?Sized + 'static> Table<T> {
    /// An empty table; `kind` is what messages call its plugins.
    pub fn new(kind: &'static str) -> Self {
        Self {
            kind,
            entries: Vec::new(),
        }
    }

    /// Names a plugin. `S` holds its settings; `boxed` turns them into the plugin (mostly
    /// `|settings: S| Box::new(settings)`).
    ///
    /// # Panics
    /// When the name is taken: two plugins of one name are a mistake in the program.
    pub fn add<S>(&mut self, name: &'static str, boxed: fn(S) -> Box<T>)
    where
        S: DeserializeOwned + Serialize + JsonSchema + 'static,
    {
        assert!(
            self.entries.iter().all(|entry| entry.name != name),
            "two plugins are registered as {} `{name}`",
            self.kind
        );
        self.entries.push(Entry {
            name,
            schema: |generator| S::json_schema(generator),
            decode: Box::new(move |node| {
                let settings: S = decode(node)?;
                let json = serde_json::to_value(&settings)
                    .map_err(|error| Diagnostic::new(error.to_string()).at(&node.mark))?;
                Ok((boxed(settings), json))
            }),
        });
    }

    /// Decodes a plugin node: a bare name (`none`), or a map of the name to its settings
    /// (`{transformer: {depth: 2}}`).
    pub fn choose(&self, node: &Node) -> Result<Chosen<T>, Diagnostic> {
        let Some((name, mark, settings)) = node.tag() else {
            return Err(Diagnostic::new(format!(
                "expected one {kind}: a name, or a name with its settings as in `{{{example}: {{…}}}}`",
                kind = self.kind,
                example = self.names().next().unwrap_or("name"),
            ))
            .at(&node.mark)
            .help(format!("there are: {}", self.list())));
        };
        let Some(entry) = self.entries.iter().find(|entry| entry.name == name) else {
            let help = match nearest(name, self.names()) {
                Some(near) => format!("did you mean `{near}`? There are: {}", self.list()),
                None => format!("there are: {}", self.list()),
            };
            return Err(
                Diagnostic::new(format!("there is no {} `{name}`", self.kind))
                    .at(mark)
                    .help(help),
            );
        };
        let empty = Node {
            value: Value::Map(Vec::new()),
            mark: mark.clone(),
        };
        let settings = match settings {
            Some(node) if !matches!(node.value, Value::Null) => node,
            _ => &empty,
        };
        let (plugin, settings) = (entry.decode)(settings)?;
        Ok(Chosen {
            name: entry.name,
            settings,
            plugin,
        })
    }

    /// The names in the order of registration.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.entries.iter().map(|entry| entry.name)
    }

    fn list(&self) -> String {
        self.names()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// The plugins with their documentation and settings.
    pub fn listed(&self) -> Vec<Listed> {
        self.entries
            .iter()
            .map(|entry| {
                let mut generator = SchemaGenerator::default();
                let schema = (entry.schema)(&mut generator);
                listed(entry.name, &schema)
            })
            .collect()
    }

    /// The JSON schema of a plugin node of this kind.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Json {
        let mut choices = Vec::new();
        for entry in &self.entries {
            let settings = (entry.schema)(generator).to_value();
            let about = settings.get("description").cloned().unwrap_or_default();
            if settings.get("required").is_none() {
                choices.push(json!({ "const": entry.name, "description": about }));
            }
            choices.push(json!({
                "type": "object",
                "description": about,
                "properties": { entry.name: settings },
                "required": [entry.name],
                "additionalProperties": false,
            }));
        }
        json!({ "oneOf": choices })
    }
}

fn listed(name: &'static str, schema: &Schema) -> Listed {
    let text = |json: &Json| {
        let words = json.get("description").and_then(Json::as_str).unwrap_or("");
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let about = text(schema.as_value());
    let first = about
        .split_once(". ")
        .map_or(about.as_str(), |(first, _)| first);
    let settings = schema
        .get("properties")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .map(|(key, property)| {
            (
                key.clone(),
                text(property),
                property.get("default").cloned(),
            )
        })
        .collect();
    Listed {
        name,
        about: first.trim_end_matches('.').to_owned(),
        settings,
    }
}
