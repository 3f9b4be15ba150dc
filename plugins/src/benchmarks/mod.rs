mod dfew;
mod ferv39k;
mod frame_list;
mod mafw;
mod official;
mod synthetic;

pub use dfew::Dfew;
pub use ferv39k::Ferv39k;
pub use frame_list::FrameLists;
pub use mafw::Mafw;
pub use synthetic::SyntheticFaces;
