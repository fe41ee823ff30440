//! What generated `Debug` implementations show.

use std::fmt;
use std::marker::PhantomData;

use crate::Enumeration;

/// What `Debug` of a generated message shows in place of a field marked `debug_redact`.
///
/// ```
/// use runner_configuration_runtime::Redacted;
///
/// assert_eq!(format!("{:?}", Redacted), "[REDACTED]");
/// ```
#[derive(Clone, Copy)]
pub struct Redacted;

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

/// Shows the number of an enum by its name, or as it is where it has none: what prost's derived `Debug` does.
pub struct NamedNumber<E>(i32, PhantomData<E>);

impl<E> NamedNumber<E> {
    /// Wraps the number that the field holds.
    pub fn new(number: i32) -> Self {
        Self(number, PhantomData)
    }
}

impl<E: Enumeration + fmt::Debug> fmt::Debug for NamedNumber<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match E::from_number(self.0) {
            Some(value) => value.fmt(f),
            None => self.0.fmt(f),
        }
    }
}
