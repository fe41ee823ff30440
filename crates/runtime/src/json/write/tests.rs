//! The same as serde_json, for everything that serde can describe.

use std::collections::BTreeMap;
use std::fmt::Debug;

use super::*;

#[track_caller]
fn same(value: &(impl Serialize + Debug)) {
    let ours = to_vec(value).map_err(|error| error.to_string());
    let theirs = serde_json::to_vec(value).map_err(|error| error.to_string());
    assert_eq!(ours, theirs, "{value:?}");
}

#[test]
fn every_character_is_written_alike_at_every_place() {
    let plain = "abcdefghijklmnopqrstuvwxyz012345";
    let beyond_ascii = ['é', '\u{d7ff}', '\u{e000}', '\u{ffff}', '𝄞', '\u{10ffff}'];
    for character in ('\0'..='\u{ff}').chain(beyond_ascii) {
        same(&character);
        for length in 0..=plain.len() {
            for at in 0..=length {
                let (before, behind) = plain[..length].split_at(at);
                same(&format!("{before}{character}{behind}"));
            }
        }
    }
}

#[test]
fn several_escapes_in_a_text_are_written_alike() {
    let all: String = ('\0'..='\u{7f}').collect();
    for size in [1, 2, 3, 7, 8, 9, 15, 16, 17, 40] {
        let characters: Vec<char> = all.chars().collect();
        for window in characters.windows(size) {
            same(&window.iter().collect::<String>());
        }
    }
    same(&"\"\\\n".repeat(100));
    // A bit that is wrong behind the first one found must not hide or make up another.
    same(&"!\"#\"!\"#[\\]\\[\\]\u{1f} \u{1f}");
}

#[test]
fn numbers_are_written_alike() {
    same(&(i8::MIN, i16::MIN, i32::MIN, i64::MIN, i128::MIN));
    same(&(u8::MAX, u16::MAX, u32::MAX, u64::MAX, u128::MAX));
    same(&(0, -1, 10, i64::MAX, i128::MAX));
    for float in [0.0, -0.0, 0.1, 1.5, 1e15, 1e16, 1e17, 1e-5, 1e-7, 5e-324] {
        same(&(float, -float, float as f32));
    }
    same(&(
        f64::MAX,
        f64::MIN,
        f64::EPSILON,
        f32::MAX,
        f32::MIN_POSITIVE,
    ));
    same(&(f64::NAN, f64::INFINITY, f32::NEG_INFINITY));
}

#[derive(Debug, serde::Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Name<T>(T);

#[derive(Debug, serde::Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Nothing;

#[derive(Debug, serde::Serialize, PartialEq, Eq, PartialOrd, Ord)]
enum Variant {
    Unit,
    New(u8),
    Tuple(u8, Vec<u8>),
    EmptyTuple(),
    Struct { r#type: u8, none: Option<u8> },
    EmptyStruct {},
}

#[derive(Debug, serde::Serialize)]
struct Fields<T> {
    #[serde(rename = "a \"name\"\n")]
    renamed: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<T>,
    nested: Option<Box<Fields<T>>>,
}

#[derive(Debug)]
struct Bytes;

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&[0, 1, 255])
    }
}

#[test]
fn every_shape_is_written_alike() {
    same(&((), Nothing, Name("a"), None::<u8>, Some(1), true, false));
    same(&(Bytes, Vec::<u8>::new(), vec![Vec::<u8>::new(), vec![1, 2]]));
    same(&[
        Variant::Unit,
        Variant::New(1),
        Variant::Tuple(1, vec![2]),
        Variant::EmptyTuple(),
        Variant::Struct {
            r#type: 1,
            none: None,
        },
        Variant::EmptyStruct {},
    ]);
    let inner = Fields {
        renamed: "",
        skipped: Some("a\\"),
        nested: None,
    };
    same(&Fields {
        renamed: "a",
        skipped: None,
        nested: Some(inner.into()),
    });
}

#[test]
fn keys_of_maps_are_written_and_refused_alike() {
    fn map<K: Ord + Clone>(keys: &[K]) -> BTreeMap<K, BTreeMap<K, u8>> {
        let inner: BTreeMap<_, _> = keys.iter().cloned().map(|key| (key, 1)).collect();
        let entries = keys.iter().cloned().map(|key| (key, inner.clone()));
        entries.collect()
    }
    same(&map::<&str>(&[]));
    same(&map(&["", "a", "\"\\\n", "é"]));
    same(&map(&[true, false]));
    same(&map(&[i64::MIN, -1, 0, i64::MAX]));
    same(&map(&[0, u64::MAX]));
    same(&map(&['a', '"']));
    same(&BTreeMap::from([(Name("a"), 1), (Name("b"), 2)]));
    same(&BTreeMap::from([(Variant::Unit, 1)]));
    same(&BTreeMap::from([(Variant::New(1), 1)]));
    same(&BTreeMap::from([(Some("a"), 1)]));
    same(&BTreeMap::from([(None::<u8>, 1)]));
    same(&BTreeMap::from([((), 1)]));
    same(&BTreeMap::from([(vec![1], 1)]));
}

#[test]
fn what_has_no_json_form_is_refused_with_the_same_reason() {
    let late = crate::Timestamp {
        seconds: i64::MAX,
        nanos: 0,
    };
    same(&[late]);
    same(&BTreeMap::from([("a", Some(late))]));
}
