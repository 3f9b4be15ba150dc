//! A table of plugins of one kind: from its one entry here a plugin gets its place in the YAML,
//! its line in the list of plugins, its JSON schema and its part in the run's identity.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use crate::tree::{Diagnostic, Mark, Node, Value, decode, nearest};

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
    /// Its settings.
    pub settings: Vec<ListedSetting>,
}

/// A plugin's setting as a list of plugins shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedSetting {
    /// Its key in YAML.
    pub name: String,
    /// Its documentation.
    pub about: String,
    /// Its default, where it has one.
    pub default: Option<Json>,
    /// Whether it must be given.
    pub needed: bool,
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
        let (entry, mark, settings) = self.find(node)?;
        let (plugin, settings) = match settings {
            Some(settings) => (entry.decode)(settings)?,
            None => {
                let empty = Node {
                    value: Value::Map(Vec::new()),
                    mark: mark.clone(),
                };
                (entry.decode)(&empty)
                    .map_err(|error| error.help(format!("write `{}: {{…}}`", entry.name)))?
            }
        };
        Ok(Chosen {
            name: entry.name,
            settings,
            plugin,
        })
    }

    /// Checks that a plugin node names a plugin of this table. Its settings may be incomplete, as
    /// they are before the layers are merged.
    pub fn check_name(&self, node: &Node) -> Result<(), Diagnostic> {
        self.find(node).map(|_| ())
    }

    /// The entry that a plugin node names, with the name's place and its settings.
    fn find<'a>(
        &self,
        node: &'a Node,
    ) -> Result<(&Entry<T>, &'a Mark, Option<&'a Node>), Diagnostic> {
        let Some((name, mark, settings)) = node.tag() else {
            return Err(Diagnostic::new(format!(
                "expected one {}: a name, or a name with its settings as in `{{name: {{…}}}}`",
                self.kind
            ))
            .at(&node.mark)
            .help(format!("there are: {}", self.list())));
        };
        match self.entries.iter().find(|entry| entry.name == name) {
            Some(entry) => Ok((entry, mark, settings)),
            None => {
                let help = match nearest(name, self.names()) {
                    Some(near) => format!("did you mean `{near}`? There are: {}", self.list()),
                    None => format!("there are: {}", self.list()),
                };
                let message = format!("there is no {} `{name}`", self.kind);
                Err(Diagnostic::new(message).at(mark).help(help))
            }
        }
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
                let mut generator = inline_generator();
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

/// A generator of schemas without references: every schema stands where it is used, and editors
/// show its documentation there.
pub fn inline_generator() -> SchemaGenerator {
    SchemaSettings::draft07()
        .with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        })
        .into_generator()
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
    let needed = |key: &str| {
        let required = schema.get("required").and_then(Json::as_array);
        required.is_some_and(|keys| keys.iter().any(|name| name == key))
    };
    let settings = schema
        .get("properties")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
        .map(|(key, property)| ListedSetting {
            name: key.clone(),
            about: text(property),
            default: property
                .get("default")
                .filter(|value| !value.is_null())
                .cloned(),
            needed: needed(key),
        })
        .collect();
    Listed {
        name,
        about: first.trim_end_matches('.').to_owned(),
        settings,
    }
}
