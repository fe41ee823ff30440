//! JSON texts: valid ones, mutated ones and arbitrary ones.

use super::json_values::{anything, key, message, odd, shuffle, value};
use super::schema::{Field, Kind, Message};
use super::tree::{Node, Style};
use crate::random::Random;

/// The text of a message in a form that has to be accepted.
pub(super) fn valid(schema: &Message, random: &mut Random) -> Vec<u8> {
    let style = style(random);
    message(schema, 0, random).write(style, random)
}

/// A valid text with one to three changes.
pub(super) fn mutated(schema: &Message, random: &mut Random) -> Vec<u8> {
    let mut tree = message(schema, 0, random);
    let mut text_changes = 0;
    for _ in 0..=random.below(3) {
        match random.below(5) {
            0 => text_changes += 1,
            1 | 2 => change_member(&mut tree, random),
            _ => change_value(&mut tree, random),
        }
    }
    let style = style(random);
    let mut text = tree.write(style, random);
    for _ in 0..text_changes {
        change_text(&mut text, random);
    }
    text
}

/// An object with members of any name and value, many of them fields with values that nearly fit.
pub(super) fn arbitrary(schema: &Message, random: &mut Random) -> Vec<u8> {
    let tree = match random.below(20) {
        0 => anything(None, random),
        _ => arbitrary_object(schema, 0, random),
    };
    let style = style(random);
    tree.write(style, random)
}

fn style(random: &mut Random) -> Style {
    Style {
        spaces: random.below(8) == 0,
        escapes: random.below(8) == 0,
    }
}

fn arbitrary_object<'s>(schema: &'s Message, depth: usize, random: &mut Random) -> Node<'s> {
    let members = (0..random.below(5)).map(|_| match any_field(schema, random) {
        Some(field) if random.below(8) > 0 => {
            (key(field, random), arbitrary_value(field, depth, random))
        }
        _ => unknown_member(schema, random),
    });
    Node::Object(Some(schema), members.collect())
}

fn arbitrary_value<'s>(field: &'s Field, depth: usize, random: &mut Random) -> Node<'s> {
    let kind = Some(&field.kind);
    match (random.below(8), &field.kind) {
        (0, _) => anything(kind, random),
        (1, _) => Node::literal(kind, "null"),
        (2 | 3, _) if field.is_list => {
            let items = (0..random.below(4)).map(|_| odd(&field.kind, random));
            Node::List(kind, items.collect())
        }
        (2 | 3, _) => odd(&field.kind, random),
        (4 | 5, Kind::Message(inner)) if field.is_list => {
            let items = (0..random.below(3)).map(|_| arbitrary_object(inner, depth + 1, random));
            Node::List(kind, items.collect())
        }
        (4 | 5, Kind::Message(inner)) => arbitrary_object(inner, depth + 1, random),
        _ => value(field, depth, random),
    }
}

fn any_field<'s>(schema: &'s Message, random: &mut Random) -> Option<&'s Field> {
    match schema.fields.len() {
        0 => None,
        count => Some(&schema.fields[random.below(count)]),
    }
}

/// A member that is no field, though perhaps nearly one.
fn unknown_member<'s>(schema: &Message, random: &mut Random) -> (String, Node<'s>) {
    let key = match any_field(schema, random) {
        Some(field) => match random.below(6) {
            0 => field.name.to_uppercase(),
            1 => format!("{} ", field.json_name),
            2 => field.number.to_string(),
            3 => format!("[{}]", field.name),
            _ => random
                .one_of(&["", "unknown", "@type", "a", "\u{0}", "ä"])
                .to_owned(),
        },
        None => random.one_of(&["", "unknown", "@type"]).to_owned(),
    };
    (key, anything(None, random))
}

fn change_value(tree: &mut Node<'_>, random: &mut Random) {
    let number = random.below(tree.count());
    let node = tree.nth(number);
    let kind = node.kind();
    match random.below(8) {
        0 => *node = Node::literal(kind, "null"),
        1 => *node = anything(kind, random),
        2 => *node = Node::List(kind, vec![node.clone()]),
        3 => {
            if let Node::List(_, items) = node
                && !items.is_empty()
            {
                let at = random.below(items.len());
                match random.below(4) {
                    0 => items[at] = Node::literal(kind, "null"),
                    1 => *node = items.swap_remove(at),
                    2 => items.extend(items.clone()),
                    _ => items.insert(at, anything(kind, random)),
                }
            }
        }
        _ => {
            *node = match (kind, &node) {
                (Some(kind), Node::List(..)) => Node::List(Some(kind), vec![odd(kind, random)]),
                (Some(kind), _) => odd(kind, random),
                (None, _) => anything(None, random),
            }
        }
    }
}

/// Changes a member of one of the objects.
fn change_member(tree: &mut Node<'_>, random: &mut Random) {
    let objects: Vec<_> = (0..tree.count())
        .filter(|number| matches!(tree.nth(*number), Node::Object(Some(_), _)))
        .collect();
    if objects.is_empty() {
        return;
    }
    let chosen = random.one_of(&objects);
    let Node::Object(Some(schema), members) = tree.nth(chosen) else {
        return;
    };
    let schema: &Message = schema;
    let at = random.below(members.len() + 1);
    if members.is_empty() || random.below(5) == 0 {
        let oneof = schema.fields.iter().filter(|field| field.oneof.is_some());
        let oneof: Vec<_> = oneof.collect();
        let member = match any_field(schema, random) {
            _ if !oneof.is_empty() && random.below(2) == 0 => {
                let field = random.one_of(&oneof);
                (key(field, random), value(field, 1, random))
            }
            Some(field) if random.below(2) == 0 => (key(field, random), value(field, 1, random)),
            _ => unknown_member(schema, random),
        };
        members.insert(at, member);
        return;
    }
    let from = random.below(members.len());
    let field = schema.field(&members[from].0);
    match random.below(6) {
        // The same field again, under either name.
        0..=2 => {
            let (mut name, mut again) = members[from].clone();
            if let Some(field) = field {
                name = key(field, random);
                match random.below(4) {
                    0 => again = Node::literal(Some(&field.kind), "null"),
                    1 => again = value(field, 1, random),
                    _ => {}
                }
            }
            members.insert(at, (name, again));
        }
        3 => {
            members.swap_remove(from);
        }
        4 => members[from].0 = unknown_member(schema, random).0,
        _ => shuffle(members, random),
    }
}

fn change_text(text: &mut Vec<u8>, random: &mut Random) {
    const SYNTAX: &[u8] = b"{}[]:,\"\\0123456789.eE+-tfn \n\x00\x1f\x7f\xff\xc3";

    let at = random.below(text.len() + 1);
    match random.below(8) {
        0 => text.truncate(at),
        1 => text.extend_from_slice(
            random
                .one_of(&[" ", "\n", "x", "{}", "null", ",", "}", "\0"])
                .as_bytes(),
        ),
        2 => text.insert(at, random.one_of(SYNTAX)),
        3 => text.splice(0..0, *b"\xef\xbb\xbf").for_each(drop),
        4 => {
            let end = (at + 1 + random.below(6)).min(text.len());
            text.drain(at..end.max(at));
        }
        5 if at < text.len() => text[at] = random.one_of(SYNTAX),
        _ if at < text.len() => text[at] ^= 1 << random.below(8),
        _ => text.push(b' '),
    }
}
