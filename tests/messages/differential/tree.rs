//! JSON texts as trees that remember which field a value is for.

use std::borrow::Cow;

use super::schema::{Kind, Message};
use crate::random::Random;

#[derive(Clone)]
pub(super) enum Node<'s> {
    /// Written as it is: a number, `true`, or something that is no JSON.
    Literal(Option<&'s Kind>, Cow<'static, [u8]>),
    /// Written with quotes and escapes.
    Text(Option<&'s Kind>, String),
    List(Option<&'s Kind>, Vec<Node<'s>>),
    Object(Option<&'s Message>, Vec<(String, Node<'s>)>),
}

/// How a tree is written.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// Whether white space is strewn in.
    pub(super) spaces: bool,
    /// Whether characters are escaped that need not be.
    pub(super) escapes: bool,
}

impl<'s> Node<'s> {
    pub(super) fn literal(kind: Option<&'s Kind>, text: impl Into<Cow<'static, str>>) -> Self {
        let text = match text.into() {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        Self::Literal(kind, text)
    }

    pub(super) fn kind(&self) -> Option<&'s Kind> {
        match self {
            Self::Literal(kind, _) | Self::Text(kind, _) | Self::List(kind, _) => *kind,
            Self::Object(..) => None,
        }
    }

    /// This node and all below it.
    pub(super) fn count(&self) -> usize {
        1 + match self {
            Self::List(_, items) => items.iter().map(Node::count).sum(),
            Self::Object(_, members) => members.iter().map(|(_, value)| value.count()).sum(),
            _ => 0,
        }
    }

    /// The node with a number in reading order; this one has 0.
    pub(super) fn nth(&mut self, mut number: usize) -> &mut Self {
        if number == 0 {
            return self;
        }
        number -= 1;
        let children: Vec<_> = match self {
            Self::List(_, items) => items.iter_mut().collect(),
            Self::Object(_, members) => members.iter_mut().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        };
        for child in children {
            let count = child.count();
            if number < count {
                return child.nth(number);
            }
            number -= count;
        }
        panic!("a tree has no node beyond its count")
    }

    pub(super) fn write(&self, style: Style, random: &mut Random) -> Vec<u8> {
        let mut text = Vec::with_capacity(256);
        self.write_to(&mut text, style, random);
        text
    }

    fn write_to(&self, text: &mut Vec<u8>, style: Style, random: &mut Random) {
        space(text, style, random);
        match self {
            Self::Literal(_, literal) => text.extend_from_slice(literal),
            Self::Text(_, value) => quote(value, text, style, random),
            Self::List(_, items) => {
                text.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        text.push(b',');
                    }
                    item.write_to(text, style, random);
                }
                text.push(b']');
            }
            Self::Object(_, members) => {
                text.push(b'{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        text.push(b',');
                    }
                    space(text, style, random);
                    quote(key, text, style, random);
                    text.push(b':');
                    value.write_to(text, style, random);
                }
                text.push(b'}');
            }
        }
        space(text, style, random);
    }
}

fn space(text: &mut Vec<u8>, style: Style, random: &mut Random) {
    if style.spaces && random.below(3) == 0 {
        text.push(random.one_of(b" \n\t\r"));
    }
}

fn quote(value: &str, text: &mut Vec<u8>, style: Style, random: &mut Random) {
    text.push(b'"');
    for character in value.chars() {
        let needed = matches!(character, '"' | '\\' | '\0'..='\u{1f}');
        if needed || (style.escapes && random.below(4) == 0) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                text.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
            }
        } else {
            text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    text.push(b'"');
}
