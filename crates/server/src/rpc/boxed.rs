//! Futures that are made where they stay.

use std::pin::Pin;

/// A future in a box.
///
/// [`Box::pin`] makes it on the stack and then moves it, which for that of a call is 3.5 KB. Where its room is there
/// before it is, the compiler writes what it begins with to its place, and nothing else.
#[inline(always)]
pub(super) fn boxed<F: Future>(make: impl FnOnce() -> F) -> Pin<Box<F>> {
    let room = Box::new_uninit();
    Box::into_pin(Box::write(room, make()))
}
