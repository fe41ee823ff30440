//! RE2's syntax in the words of `regex-syntax`.
//!
//! The two are nearly the same language. What differs is rewritten here: the Perl classes and `\b` are ASCII in RE2;
//! `\Q…\E` is quoted text; a class holds no other class and no set operation, so `[`, `&`, `~` and a second `-` stand for
//! themselves; every escaped punctuation mark does, too. What only `regex-syntax` knows is refused.

use std::iter::Peekable;
use std::str::Chars;

/// The most that RE2 lets a counted repetition ask for.
const MAX_REPEAT: u32 = 1000;

/// The same pattern for `regex-syntax`, or what is wrong with it.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' => escape(&mut chars, &mut out)?,
            '[' => class(&mut chars, &mut out)?,
            '(' => group(&mut chars, &mut out)?,
            '{' => repeat(&mut chars, &mut out)?,
            _ => out.push(char),
        }
    }
    Ok(out)
}

type Input<'a> = Peekable<Chars<'a>>;

fn escape(chars: &mut Input<'_>, out: &mut String) -> Result<(), String> {
    match chars.next() {
        Some('Q') => quoted(chars, out),
        Some('b') => out.push_str(r"(?-u:\b)"),
        // Not at an ASCII boundary: said so, because `(?-u:\B)` may stand inside of a character.
        Some('B') => out.push_str(r"(?:(?-u:\B))"),
        escaped => return common_escape(escaped, chars, out),
    }
    Ok(())
}

/// The escapes that mean the same inside and outside of a class.
fn common_escape(
    escaped: Option<char>,
    chars: &mut Input<'_>,
    out: &mut String,
) -> Result<(), String> {
    match escaped {
        Some('d') => out.push_str("[0-9]"),
        Some('D') => out.push_str("[^0-9]"),
        Some('s') => out.push_str(r"[\t\n\f\r ]"),
        Some('S') => out.push_str(r"[^\t\n\f\r ]"),
        Some('w') => out.push_str("[0-9A-Za-z_]"),
        Some('W') => out.push_str("[^0-9A-Za-z_]"),
        Some(char) if char.is_ascii_punctuation() => literal(char, out),
        Some(char @ ('a' | 'f' | 't' | 'n' | 'r' | 'v' | 'A' | 'z')) => {
            out.push('\\');
            out.push(char);
        }
        Some(char @ ('x' | 'p' | 'P')) => {
            out.push('\\');
            out.push(char);
            braced(chars, out);
        }
        Some(char) => return Err(format!("has an escape that RE2 does not know: \\{char}")),
        None => return Err("ends with a backslash".to_owned()),
    }
    Ok(())
}

/// Copies `{…}`, if that is what comes: the name or number behind an escape.
fn braced(chars: &mut Input<'_>, out: &mut String) {
    if chars.peek() == Some(&'{') {
        for char in chars.by_ref() {
            out.push(char);
            if char == '}' {
                break;
            }
        }
    }
}

fn literal(char: char, out: &mut String) {
    if char.is_ascii_punctuation() && char != '_' && char != '<' && char != '>' {
        out.push('\\');
    }
    out.push(char);
}

fn quoted(chars: &mut Input<'_>, out: &mut String) {
    while let Some(char) = chars.next() {
        if char == '\\' && chars.next_if_eq(&'E').is_some() {
            return;
        }
        literal(char, out);
    }
}

/// What stands behind an opening bracket, up to the closing one.
fn class(chars: &mut Input<'_>, out: &mut String) -> Result<(), String> {
    out.push('[');
    if chars.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut first = true;
    while let Some(char) = chars.next() {
        match char {
            ']' if !first => {
                out.push(']');
                return Ok(());
            }
            '[' if chars.peek() == Some(&':') => named_class(chars, out),
            '\\' => {
                let escaped = chars.next();
                common_escape(escaped, chars, out)?;
            }
            // `regex-syntax` would read `--` as a difference.
            '-' if out.ends_with('-') && !out.ends_with(r"\-") => out.push_str(r"\-"),
            '-' => out.push('-'),
            _ => literal(char, out),
        }
        first = false;
    }
    Err("has an unclosed class".to_owned())
}

/// `[:alpha:]` is copied; `[:` that no `:]` follows is two characters.
fn named_class(chars: &mut Input<'_>, out: &mut String) {
    let name: String = chars
        .clone()
        .skip(1)
        .take_while(|char| char.is_ascii_lowercase() || *char == '^')
        .collect();
    let mut rest = chars.clone().skip(1 + name.len());
    if rest.next() == Some(':') && rest.next() == Some(']') {
        out.push_str("[:");
        out.push_str(&name);
        out.push_str(":]");
        *chars = {
            let mut after = chars.clone();
            for _ in 0..name.len() + 3 {
                after.next();
            }
            after
        };
    } else {
        out.push_str(r"\[");
    }
}

/// What stands behind an opening parenthesis: RE2 knows the flags i, m, s and U only.
fn group(chars: &mut Input<'_>, out: &mut String) -> Result<(), String> {
    out.push('(');
    if chars.peek() != Some(&'?') {
        return Ok(());
    }
    for char in chars.clone().skip(1) {
        match char {
            'i' | 'm' | 's' | 'U' | '-' => {}
            ':' | ')' | 'P' | '<' => return Ok(()),
            _ => return Err(format!("has a group that RE2 does not know: (?{char}")),
        }
    }
    Err("has an unclosed group".to_owned())
}

/// What stands behind an opening brace: RE2 bounds counted repetitions, and reads any other brace as itself.
fn repeat(chars: &mut Input<'_>, out: &mut String) -> Result<(), String> {
    let inside: String = chars.clone().take_while(|char| *char != '}').collect();
    let is_closed = chars.clone().any(|char| char == '}');
    let (min, max) = inside.split_once(',').unwrap_or((&inside, &inside));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_closed || !is_number(min) || !(max.is_empty() || is_number(max)) {
        out.push_str(r"\{");
        return Ok(());
    }
    let too_many =
        |text: &str| !text.is_empty() && text.parse().is_ok_and(|count: u32| count > MAX_REPEAT);
    if too_many(min) || too_many(max) || min.len().max(max.len()) > 9 {
        return Err(format!("repeats something more than {MAX_REPEAT} times"));
    }
    out.push('{');
    Ok(())
}
