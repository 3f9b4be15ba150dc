//! Weight files of every kind, read as data: nothing in them is ever executed. And the download of
//! published ones.

mod atomic;
mod contents;
mod error;
pub mod fetch;
mod inspect;
mod kind;
mod layout;
mod rows;
mod safetensors;
mod shown;
mod source;
mod stored;
mod torch;
mod weights;
mod write;

pub use atomic::write_atomically;
pub use error::WeightError;
pub use inspect::Inspection;
pub use kind::Container;
pub use layout::Layout;
pub use rows::TokenRows;
pub use weights::Weights;
pub use write::write;
