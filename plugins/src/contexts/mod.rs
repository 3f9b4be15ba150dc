mod learnable;
mod none;

pub use learnable::Learnable;
pub use none::NoContext;
