//! The statistics against SciPy and statsmodels (`golden.json`, written by `make_golden.py`), and by
//! their rules.
#![allow(clippy::unwrap_used, missing_docs)]

mod golden;
mod properties;
