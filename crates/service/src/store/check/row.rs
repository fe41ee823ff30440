//! What is checked in rows of every kind.

use std::fmt;

use prost::Message;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Fault, Known};
use crate::store::json_text::json_text;
use crate::store::tables::{Cells, Value};

/// A row, and what takes its faults.
pub(super) struct Checked<'r, 'f> {
    cells: Cells<'r>,
    found: &'f mut (dyn FnMut(Fault) + Send),
}

impl<'r, 'f> Checked<'r, 'f> {
    pub(super) const fn new(cells: Cells<'r>, found: &'f mut (dyn FnMut(Fault) + Send)) -> Self {
        Self { cells, found }
    }

    pub(super) const fn cells(&self) -> Cells<'r> {
        self.cells
    }

    pub(super) fn fault(&mut self, what: impl fmt::Display) {
        let (kind, id) = (self.cells.table.one, self.cells.key());
        (self.found)(Fault::of_object(kind, id, what.to_string()));
    }

    /// Decodes a column.
    pub(super) fn message<M: Message + Default>(&mut self, column: &str) -> Option<M> {
        let decoded = M::decode(self.cells.bytes(column)?);
        if decoded.is_err() {
            self.fault(format_args!("its {column} cannot be decoded"));
        }
        decoded.ok()
    }

    /// The message has to say what the column says.
    pub(super) fn agree<T: PartialEq>(&mut self, column: &str, stored: Option<T>, message: T) {
        if self.is_malformed(column) {
            return;
        }
        if stored.as_ref() != Some(&message) {
            self.fault(format_args!(
                "its {column} is not the one that its message has"
            ));
        }
    }

    /// Replies in JSON have to be the same as others. A text that is missing is derived when it is asked for.
    pub(super) fn agree_json<M: Serialize>(&mut self, message: &M) {
        let stored = self.cells.bytes("json");
        if stored.is_some() && stored != json_text(message).as_deref() {
            self.fault("its json does not say what its message says");
        }
    }

    /// The same for an id; an empty text is none.
    pub(super) fn agree_id(&mut self, column: &str, message: &str) {
        let stored = self.cells.uuid(column).map(|id| id.to_string());
        self.agree(column, Some(stored.unwrap_or_default()), message.to_owned());
    }

    /// The key of the runner that something is sealed to.
    pub(super) fn fingerprint(&mut self, column: &str) {
        if let Some(bytes) = self.cells.bytes(column)
            && bytes.len() != 32
        {
            self.fault(format_args!("its {column} is not a hash of 32 bytes"));
        }
    }

    pub(super) fn belongs_to_runner(&mut self, known: &Known) {
        if let Some(runner) = self.cells.uuid("runner_id")
            && !known.runners.contains(&runner)
        {
            self.fault("its runner does not exist");
        }
    }

    /// A number that stands for something.
    pub(super) fn number<T>(
        &mut self,
        column: &str,
        meaning: impl FnOnce(i32) -> Option<T>,
    ) -> Option<T> {
        let found = self.cells.integer(column).and_then(meaning);
        if found.is_none() && !self.is_malformed(column) {
            self.fault(format_args!("its {column} is a number without a meaning"));
        }
        found
    }

    /// What must not be there twice.
    pub(super) fn unique(&mut self, known: &mut Known, columns: &[&str], what: &str) {
        let mut hash = Sha256::new_with_prefix(self.cells.table.name);
        for column in columns {
            let value = self.cells.get(column);
            value.for_each_byte_string(|bytes| hash.update(bytes));
        }
        let mut short = [0; 16];
        short.copy_from_slice(&hash.finalize()[..16]);
        if !known.unique.insert(short) {
            self.fault(what);
        }
    }

    fn is_malformed(&self, column: &str) -> bool {
        matches!(self.cells.get(column), Value::Malformed(_))
    }
}

/// A subject: both parts of it, or neither.
pub(super) fn subject_is_whole(principal: Option<i32>, id: Option<Uuid>) -> bool {
    principal.is_some() == id.is_some()
}
