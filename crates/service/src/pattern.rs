//! Patterns of the runner's schema: RE2 syntax, and always about the whole value.

mod compiled;
mod re2;

use std::sync::{Arc, LazyLock};

use regex_automata::Input;
use regex_automata::meta::{self, Regex};
use regex_automata::nfa::thompson::WhichCaptures;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, Look};

use self::compiled::Compiled;

/// Longest pattern, in bytes.
const MAX_LENGTH: usize = 4 * 1024;
/// Deepest nesting of groups and repetitions.
const MAX_NESTING: u32 = 100;
/// Memory that a compiled pattern may take, in bytes: it bounds repetitions of repetitions.
const MAX_COMPILED: usize = 2 * 1024 * 1024;

/// A pattern that is ready to be matched.
#[derive(Debug)]
pub(crate) struct Pattern(Regex);

/// Why a text is not a pattern: for the person who wrote the schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BrokenPattern(String);

impl Pattern {
    /// The pattern that [`new`](Self::new) reads, from memory where it was read before.
    ///
    /// # Errors
    ///
    /// As `new`.
    pub(crate) fn of(pattern: &str) -> Result<Arc<Self>, BrokenPattern> {
        static COMPILED: LazyLock<Compiled> = LazyLock::new(Compiled::default);
        COMPILED.get(pattern)
    }

    /// Reads a pattern in RE2 syntax.
    ///
    /// As in RE2, `\d`, `\s`, `\w` and `\b` know ASCII only. At most 4 KiB long, and at most 2 MiB compiled.
    ///
    /// # Errors
    ///
    /// [`BrokenPattern`] where the text is not RE2 syntax, or beyond a limit.
    fn new(pattern: &str) -> Result<Self, BrokenPattern> {
        if pattern.len() > MAX_LENGTH {
            return Err(BrokenPattern(format!("is longer than {MAX_LENGTH} bytes")));
        }
        let translated = re2::translate(pattern).map_err(BrokenPattern)?;
        let parsed = ParserBuilder::new()
            .nest_limit(MAX_NESTING)
            .build()
            .parse(&translated)
            .map_err(|error| BrokenPattern(reason(&error)))?;
        // The anchors are put around what was parsed, not around its text: no alternation, flag or stray
        // parenthesis in the pattern can get out of them.
        let whole = Hir::concat(vec![Hir::look(Look::Start), parsed, Hir::look(Look::End)]);
        let limits = meta::Config::new()
            .nfa_size_limit(Some(MAX_COMPILED))
            .which_captures(WhichCaptures::Implicit);
        meta::Builder::new()
            .configure(limits)
            .build_from_hir(&whole)
            .map(Self)
            .map_err(|_| BrokenPattern("is too large once its repetitions are expanded".to_owned()))
    }

    /// Whether the whole of `value` matches.
    pub(crate) fn matches(&self, value: &str) -> bool {
        // What matching needs besides is not kept with the pattern: it may be much more.
        let mut cache = self.0.create_cache();
        let input = Input::new(value).earliest(true);
        self.0.search_half_with(&mut cache, &input).is_some()
    }
}

/// The parser's complaint without the picture of the pattern that it draws above.
fn reason(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => "can't be read".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, value: &str) -> bool {
        Pattern::new(pattern)
            .unwrap_or_else(|error| panic!("{pattern}: {error}"))
            .matches(value)
    }

    #[test]
    fn a_pattern_is_about_the_whole_value() {
        assert!(matches("m6i", "m6i"));
        assert!(
            !matches("m6i", "m6i.large") && !matches("m6i", "xm6i") && !matches("m6i", "m6i\n")
        );
        assert!(matches("^m6i$", "m6i") && matches("", "") && !matches("", "x"));
    }

    #[test]
    fn nothing_inside_a_pattern_gets_out_of_that() {
        assert!(!matches("a|b", "ax") && !matches("a|b", "xb") && matches("a|b", "b"));
        assert!(!matches("(?i)a|b", "Bx") && matches("(?i)a|b", "B"));
        assert!(!matches("(?m)^a$", "a\nb") && !matches("(?s).*a", "ab"));
        for pattern in ["a)|(b", "(a", "a)", "(?x)a # ", "(?-u)a", "[a", "a\\"] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn the_syntax_is_that_of_re2() {
        assert!(matches(r"\d+", "123") && !matches(r"\d+", "١٢٣"));
        assert!(matches(r"\w+", "aZ_9") && !matches(r"\w+", "ä") && matches(r"[^\w]", "ä"));
        assert!(
            matches(r"a\sb", "a b")
                && !matches(r"a\sb", "a\u{a0}b")
                && !matches(r"a\sb", "a\u{b}b")
        );
        assert!(matches(r"\S\D\W", "äää") && matches(r"[\d.]+", "1.2") && matches(r"[\D]", "x"));
        assert!(matches(r"\Qa.b*\E+", "a.b**") && matches(r"\Qa|b", "a|b"));
        assert!(matches(r"[[]", "[") && matches(r"[a&&b]+", "&b") && matches(r"[a~~b]+", "~"));
        assert!(matches(r"[+--]+", "+,-") && matches(r"[]a]+", "]a") && matches(r"[^]]", "a"));
        assert!(matches(r"[[:alpha:]-]+", "a-b") && matches(r"[[:^digit:]]", "ä"));
        assert!(matches(r"\<\>\-\_", "<>-_") && matches(r"\x41\x{e4}\t", "Aä\t"));
        assert!(matches(r"\pL\p{Greek}\PN", "äλx") && matches(r"(?P<name>a)(?:b)(?i:C)", "abc"));
        assert!(matches(r"\bab\b", "ab") && matches(r"a\Bb", "ab") && matches(r".", "ä"));
        assert!(matches(r"\Aa\z", "a") && matches(r"a{2}", "aa") && matches(r"(?U)a+?", "aaa"));
        for pattern in [
            r"\C", r"\1", r"(?=a)", r"(?<!a)b", r"\u0041", r"(?R)a", r"\pX", r"a{1001}",
        ] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn patterns_are_bounded() {
        assert!(Pattern::new(&"a".repeat(MAX_LENGTH + 1)).is_err());
        assert!(Pattern::new(&"(".repeat(2_000)).is_err());
        assert!(Pattern::new(&format!("{}a{}", "(".repeat(500), ")".repeat(500))).is_err());
        let error = Pattern::new(r"(\pL{1000}){1000}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "is too large once its repetitions are expanded"
        );
    }

    #[test]
    fn a_complaint_is_one_line() {
        let error = Pattern::new("a(b").unwrap_err();
        assert_eq!(error.to_string(), "unclosed group");
    }
}
