//! Reads what PyTorch writes. Its files hold pickles, programs that build Python objects: they are
//! run by a machine of our own that knows no function to call and builds plain data only.

mod input;
pub(crate) mod legacy;
mod pickle;
mod storage;
mod tensors;
mod values;
pub(crate) mod zip;
