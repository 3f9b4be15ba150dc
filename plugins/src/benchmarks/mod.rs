mod frame_list;
mod synthetic;

pub use frame_list::FrameLists;
pub use synthetic::SyntheticFaces;
