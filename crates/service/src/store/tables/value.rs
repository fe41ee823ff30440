//! What is in a row.

use std::fmt;

use uuid::Uuid;

use super::schema::Table;

/// The values of a row, in the order of its table's columns.
pub type Row = Vec<Value>;

/// What a column of a row holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number of 32 bits.
    Integer(i32),
    /// A number of 64 bits.
    Long(i64),
    /// An id.
    Uuid(Uuid),
    /// A text.
    Text(String),
    /// A message, a sealed box, a fingerprint or a hash.
    Bytes(Vec<u8>),
    /// Something else than the column is for, as the database holds it.
    Malformed(Vec<u8>),
}

/// Shown without what it holds: that may be a sealed box or a hash.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Bool(_) => "Bool(..)",
            Self::Integer(_) => "Integer(..)",
            Self::Long(_) => "Long(..)",
            Self::Uuid(_) => "Uuid(..)",
            Self::Text(_) => "Text(..)",
            Self::Bytes(_) => "Bytes(..)",
            Self::Malformed(_) => "Malformed(..)",
        })
    }
}

impl Value {
    /// Hands over bytes that differ for values that differ, also when those of several values follow each other.
    pub(crate) fn for_each_byte_string(&self, mut take: impl FnMut(&[u8])) {
        let mut tagged = |tag: u8, bytes: &[u8]| {
            take(&[tag]);
            take(&(bytes.len() as u64).to_le_bytes());
            take(bytes);
        };
        match self {
            Self::Null => tagged(0, &[]),
            Self::Bool(value) => tagged(1, &[u8::from(*value)]),
            Self::Integer(value) => tagged(2, &value.to_le_bytes()),
            Self::Long(value) => tagged(3, &value.to_le_bytes()),
            Self::Uuid(value) => tagged(4, value.as_bytes()),
            Self::Text(value) => tagged(5, value.as_bytes()),
            Self::Bytes(value) => tagged(6, value),
            Self::Malformed(value) => tagged(7, value),
        }
    }
}

/// What tells a row from all others: its first value.
pub(crate) fn key(row: &Row) -> Value {
    row.first().cloned().unwrap_or(Value::Null)
}

/// A row whose values are asked for by the names of their columns.
#[derive(Clone, Copy)]
pub(crate) struct Cells<'r> {
    pub(crate) table: &'static Table,
    pub(crate) row: &'r Row,
}

impl<'r> Cells<'r> {
    pub(crate) fn get(&self, name: &str) -> &'r Value {
        let mut named = self.table.columns.iter().zip(self.row);
        named
            .find(|(column, _)| column.name == name)
            .map_or(&Value::Null, |(_, value)| value)
    }

    pub(crate) fn uuid(&self, name: &str) -> Option<Uuid> {
        match self.get(name) {
            Value::Uuid(id) => Some(*id),
            _ => None,
        }
    }

    pub(crate) fn bytes(&self, name: &str) -> Option<&'r [u8]> {
        match self.get(name) {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub(crate) fn text(&self, name: &str) -> Option<&'r str> {
        match self.get(name) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn bool(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i32> {
        match self.get(name) {
            Value::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// The row's key, for people.
    pub(crate) fn key(&self) -> String {
        match self.row.first() {
            Some(Value::Uuid(id)) => id.to_string(),
            Some(Value::Long(number)) => number.to_string(),
            _ => "with a malformed id".to_owned(),
        }
    }
}
