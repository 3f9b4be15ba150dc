//! Weight files of every kind, read as data.

pub mod fetch;
