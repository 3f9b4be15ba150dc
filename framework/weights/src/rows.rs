//! Which row of a token table belongs to a token.

use std::collections::HashMap;

/// Which row of a token table belongs to a token.
#[derive(Debug, Clone)]
pub struct TokenRows(Table);

#[derive(Debug, Clone)]
enum Table {
    Whole(usize),
    Some(HashMap<u32, usize>),
}

impl TokenRows {
    /// A table with a row for each of the first tokens of the vocabulary, mostly for all.
    pub fn whole(rows: usize) -> Self {
        Self(Table::Whole(rows))
    }

    /// A table with rows for these tokens only, in this order.
    pub fn some(ids: &[u32]) -> Self {
        Self(Table::Some(ids.iter().copied().zip(0..).collect()))
    }

    /// The row of a token; `None` where the table has none.
    pub fn row(&self, id: u32) -> Option<usize> {
        match &self.0 {
            Table::Whole(rows) => Some(id as usize).filter(|row| row < rows),
            Table::Some(rows) => rows.get(&id).copied(),
        }
    }
}
