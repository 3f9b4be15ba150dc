mod class_names;
mod descriptions;
mod template;

pub use class_names::ClassNames;
pub use descriptions::Descriptions;
pub use template::Template;
