//! Whose names the tensors of a file have, and what they are called here.

mod dfer_clip;
mod hugging_face;
mod openai;

use std::collections::BTreeMap;
use std::fmt;

use crate::stored::Stored;
use crate::weights::TOKEN_IDS;

/// Whose names the tensors have in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A CLIP under OpenAI's and OpenCLIP's names.
    OpenAi,
    /// A CLIP under Hugging Face's names.
    HuggingFace,
    /// A trained DFER-CLIP as its authors' script writes it.
    DferClip,
    /// A trained DFER-CLIP as `exp` writes it: the trained parameters only.
    Trained,
    /// Something else: the names are those of the file.
    Unknown,
}

/// What such a file holds, as in "the file holds …".
impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenAi => "a CLIP under OpenAI's names",
            Self::HuggingFace => "a CLIP under Hugging Face's names",
            Self::DferClip => "a DFER-CLIP as its authors' script writes it",
            Self::Trained => "what `exp` trained of a DFER-CLIP",
            Self::Unknown => "tensors of another kind",
        })
    }
}

/// What a tensor of a file is here.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// The name of the whole.
    name: String,
    /// Which part of the whole it is, and of how many. The parts are joined by rows.
    part: (usize, usize),
    /// Whether rows and columns are exchanged.
    transposed: bool,
    /// Whether another tensor, where there is one, goes before it.
    spare: bool,
}

impl Place {
    fn whole(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            part: (0, 1),
            transposed: false,
            spare: false,
        }
    }
}

/// A tensor under its name here: made of tensors of the file.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub shape: Vec<usize>,
    /// Names in the file. Several are joined by rows.
    pub parts: Vec<String>,
    /// Whether rows and columns are exchanged.
    pub transposed: bool,
}

/// All tensors of a file under their names here.
#[derive(Debug)]
pub(crate) struct Mapping {
    pub layout: Layout,
    pub views: BTreeMap<String, View>,
    /// Names in the file of tensors that are there under another name as well: unused, used.
    pub spares: Vec<(String, String)>,
    /// Names in the file of tensors that are nothing here.
    pub unmapped: Vec<String>,
}

/// Whole numbers that files hold beside the parameters, and that say nothing that shapes do not.
const IGNORED: [&str; 5] = [
    "position_ids",
    "token_ids",
    "input_resolution",
    "context_length",
    "vocab_size",
];

/// What the script of parallel training puts before every name.
const PARALLEL: &str = "module.";

/// Recognises the layout, and names the tensors. The reason when parts of a tensor are missing.
pub(crate) fn map(tensors: &BTreeMap<String, Stored>) -> Result<Mapping, String> {
    let named = |name: &&String| *name != TOKEN_IDS;
    let mut parameters = tensors.keys().filter(named);
    let parallel = parameters.all(|name| name.starts_with(PARALLEL));
    let bare = |name| match parallel {
        true => str::strip_prefix(name, PARALLEL).unwrap_or(name),
        false => name,
    };
    let names: Vec<&str> = tensors.keys().map(|name| bare(name)).collect();
    let has = |prefix: &str| names.iter().any(|name| name.starts_with(prefix));
    let prefix = hugging_face::prefix(&names);
    let layout = if dfer_clip::PREFIXES.iter().any(|prefix| has(prefix)) {
        Layout::DferClip
    } else if prefix.is_some() {
        Layout::HuggingFace
    } else if has("visual.") {
        Layout::OpenAi
    } else if has("image.") || has("temporal.") || names.contains(&"context") {
        Layout::Trained
    } else {
        Layout::Unknown
    };
    let mut wholes: BTreeMap<String, Vec<(Place, &str)>> = BTreeMap::new();
    let mut unmapped = Vec::new();
    for (name, stored) in tensors {
        let bare = bare(name);
        let place = stored.is_float().then(|| match layout {
            Layout::DferClip => dfer_clip::place(bare),
            Layout::HuggingFace => hugging_face::place(bare, prefix.unwrap_or_default()),
            Layout::OpenAi => openai::place(bare),
            Layout::Trained | Layout::Unknown => Some(Place::whole(bare)),
        });
        match place.flatten() {
            Some(place) => wholes
                .entry(place.name.clone())
                .or_default()
                .push((place, name)),
            None if IGNORED.contains(&bare.rsplit('.').next().unwrap_or(bare)) => {}
            None => unmapped.push(name.clone()),
        }
    }
    let mut mapping = Mapping {
        layout,
        views: BTreeMap::new(),
        spares: Vec::new(),
        unmapped,
    };
    for (name, places) in wholes {
        let only_spares = places.iter().all(|(place, _)| place.spare);
        let (mut used, spare): (Vec<_>, Vec<_>) = places
            .into_iter()
            .partition(|(place, _)| only_spares || !place.spare);
        used.sort_by_key(|(place, _)| place.part);
        mapping.spares.extend(
            spare
                .iter()
                .map(|(_, file)| ((*file).to_owned(), used[0].1.to_owned())),
        );
        let view = join(&name, &used, tensors)?;
        mapping.views.insert(name, view);
    }
    if layout == Layout::DferClip {
        dfer_clip::complete(&mut mapping);
    }
    Ok(mapping)
}

/// The tensor that these parts make.
fn join(
    name: &str,
    parts: &[(Place, &str)],
    tensors: &BTreeMap<String, Stored>,
) -> Result<View, String> {
    let files: Vec<String> = parts.iter().map(|(_, file)| (*file).to_owned()).collect();
    let (first, rest) = parts.split_first().ok_or("a tensor without parts")?;
    if let Some((_, file)) = rest.iter().find(|(place, _)| place.part == first.0.part) {
        return Err(format!("`{}` and `{file}` are both `{name}`", first.1));
    }
    let (_, of) = first.0.part;
    if parts.len() != of {
        return Err(format!(
            "`{name}` is made of {of} tensors, but there is only {}",
            files.join(", ")
        ));
    }
    let mut shape = tensors[first.1].shape.clone();
    for (_, file) in rest {
        let other = &tensors[*file].shape;
        let same = shape.len() == other.len() && shape.get(1..) == other.get(1..);
        let rows = shape.first().zip(other.first());
        let rows = rows.and_then(|(rows, more)| rows.checked_add(*more));
        let Some(rows) = rows.filter(|_| same) else {
            return Err(format!(
                "`{}` {:?} and `{file}` {other:?} cannot be joined",
                first.1, tensors[first.1].shape
            ));
        };
        shape[0] = rows;
    }
    if first.0.transposed {
        if shape.len() != 2 {
            return Err(format!(
                "`{}` has shape {shape:?}; expected a matrix",
                first.1
            ));
        }
        shape.reverse();
    }
    Ok(View {
        shape,
        parts: files,
        transposed: first.0.transposed,
    })
}
