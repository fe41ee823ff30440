//! What led to an error.

use std::error::Error as StdError;
use std::io;

/// An error and what led to it, also what is inside an input/output error, which leaves itself out.
pub(super) fn chain<'a>(
    first: Option<&'a (dyn StdError + 'static)>,
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(first, |error| {
        let error: &'a (dyn StdError + 'static) = *error;
        match error.downcast_ref().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        }
    })
}
