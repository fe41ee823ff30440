//! Patterns that were compiled before: to compile one takes a hundred times as long as to match it, and every class that is
//! created or validated is matched against the patterns of its runner's schema.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{BrokenPattern, Pattern};

/// How much is kept, in bytes: hundreds of usual patterns.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// A pattern that takes more is compiled each time.
const MAX_BYTES_EACH: usize = 256 * 1024;
/// What an entry takes beside the pattern and its text, roughly.
const ENTRY_BYTES: usize = 512;

#[derive(Default)]
pub(super) struct Compiled(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    patterns: HashMap<Box<str>, Arc<Pattern>>,
    bytes: usize,
}

impl Compiled {
    /// The pattern, compiled now or before. The same text is always the same pattern, so nothing has to be forgotten but for
    /// room.
    pub(super) fn get(&self, text: &str) -> Result<Arc<Pattern>, BrokenPattern> {
        if let Some(known) = self.with(|kept| kept.patterns.get(text).cloned()) {
            return Ok(known);
        }
        let pattern = Arc::new(Pattern::new(text)?);
        self.with(|kept| kept.keep(text, &pattern));
        Ok(pattern)
    }

    fn with<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    fn keep(&mut self, text: &str, pattern: &Arc<Pattern>) {
        let bytes = ENTRY_BYTES + text.len() + pattern.0.memory_usage();
        if bytes > MAX_BYTES_EACH {
            return;
        }
        // What is asked for often is soon back.
        if self.bytes + bytes > MAX_BYTES {
            self.patterns.clear();
            self.bytes = 0;
        }
        // Another thread may have been as quick.
        if self
            .patterns
            .insert(text.into(), Arc::clone(pattern))
            .is_none()
        {
            self.bytes += bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_kept(compiled: &Compiled, text: &str) -> bool {
        compiled.with(|kept| kept.patterns.contains_key(text))
    }

    #[test]
    fn a_pattern_is_compiled_once() {
        let compiled = Compiled::default();
        let first = compiled.get("a|b").unwrap();
        assert!(Arc::ptr_eq(&first, &compiled.get("a|b").unwrap()));
        assert!(!Arc::ptr_eq(&first, &compiled.get("b|a").unwrap()));
        for _ in 0..2 {
            assert!(compiled.get("a(").is_err());
        }
    }

    #[test]
    fn no_more_is_kept_than_may_be() {
        let compiled = Compiled::default();
        let mut times_emptied = 0;
        for number in 0..400 {
            let before = compiled.with(|kept| kept.bytes);
            compiled.get(&format!("[a-z]{{200}}{number}")).unwrap();
            times_emptied += usize::from(compiled.with(|kept| kept.bytes) < before);
            let (count, bytes) = compiled.with(|kept| (kept.patterns.len(), kept.bytes));
            assert!(bytes <= MAX_BYTES && count <= MAX_BYTES / ENTRY_BYTES);
        }
        assert!(times_emptied > 0);
        let large = r"\pL{10}";
        assert!(compiled.get(large).unwrap().0.memory_usage() > MAX_BYTES_EACH);
        assert!(!is_kept(&compiled, large));
        compiled.get("small").unwrap();
        assert!(is_kept(&compiled, "small"));
    }
}
