mod class_names;
mod descriptions;
mod embedded;
mod ensemble;
mod template;

pub use class_names::ClassNames;
pub use descriptions::Descriptions;
pub use embedded::Embedded;
pub use ensemble::Ensemble;
pub use template::Template;
