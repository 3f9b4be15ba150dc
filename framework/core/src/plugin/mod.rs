//! What varies between runs: the traits of plugins that need no tensor, and the tables that name
//! them.

mod registry;
mod table;
mod traits;

pub use registry::Registry;
pub use table::{Chosen, Listed, ListedSetting, Table, inline_generator};
pub use traits::{
    Benchmark, ContextLayout, ContextSource, Place, PluginError, Position, PromptSource,
};
