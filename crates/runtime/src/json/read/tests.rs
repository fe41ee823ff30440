//! The usual reader against serde_json: what it reads, serde_json reads alike, and what it gives up is not usual.

use std::fmt::Debug;

use serde::Deserialize;
use serde_json::Value;

use super::*;
use crate::Timestamp;
use crate::json::{BoolKey, Bytes, Map, Number};

/// As generated code reads messages.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Message {
    text: Option<String>,
    texts: Option<Vec<String>>,
    whole: Whole,
    enabled: Option<bool>,
    inner: Option<Box<Message>>,
    created_at: Option<Timestamp>,
}

#[derive(Debug, Default, PartialEq)]
struct Whole(i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = Option::<Number<i64>>::deserialize(deserializer)?;
        Ok(Self(number.map_or(0, |number| number.0)))
    }
}

const MESSAGE: &str = r#"{"text": "a\"\\\u00e9\ud834\udd1eé𝄞 8 CPU, 16 GB RAM", "texts":["","b"],
    "whole":-12,"unknown":{"x":[1.5e3,null,{"y":"\n"}]},"enabled":true,"inner":{"whole":"7","texts":null,
    "inner":{"whole":18446744073709551615}},"createdAt":"2026-03-01T00:00:00Z"}"#;

/// Whether the reader did not give up.
#[track_caller]
fn same<T: DeserializeOwned + PartialEq + Debug>(text: &[u8]) -> bool {
    let theirs = serde_json::from_slice::<T>(text).ok();
    let shown = String::from_utf8_lossy(text);
    assert_eq!(from_slice::<T>(text).ok(), theirs, "{shown}");
    let usual = reader::read::<T>(text).ok();
    if usual.is_some() {
        assert_eq!(usual, theirs, "{shown}");
    }
    usual.is_some()
}

#[test]
fn what_is_not_quite_the_message_is_read_and_refused_alike() {
    let text = MESSAGE.replace("18446744073709551615", "1e3");
    let text = text.as_bytes();
    assert!(same::<Message>(text));
    assert!(same::<Value>(text));
    for at in 0..text.len() {
        same::<Message>(&text[..at]);
        let mut without = text.to_vec();
        without.remove(at);
        same::<Message>(&without);
        same::<Value>(&without);
        for byte in b"\0\n \"\\/,:[]{}09-.eEnultrua\x7f\x80\xc3\xff".iter() {
            let mut replaced = text.to_vec();
            replaced[at] = *byte;
            same::<Message>(&replaced);
            same::<Value>(&replaced);
            let mut inserted = text.to_vec();
            inserted.insert(at, *byte);
            same::<Message>(&inserted);
            same::<Value>(&inserted);
        }
    }
}

#[test]
fn values_of_every_kind_are_read_alike() {
    let values = [
        "",
        " ",
        "null",
        "nul",
        "nulll",
        "true",
        "false",
        "truefalse",
        "0",
        "-0",
        "00",
        "-",
        "-1",
        "1",
        "12a",
        "1 2",
        "01",
        "1.",
        "1.0",
        ".5",
        "1e5",
        "1e",
        "1e400",
        "-1e-400",
        "0.1",
        "1E+2",
        "9999999999999999999",
        "10000000000000000000",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "123456789012345678901234567890",
        "\"\"",
        "\"a",
        "\"\\\"",
        "\"\\\"\"",
        "\"\\\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud834\"",
        "\"\\ud834\\udd1e\"",
        "\"\\udd1e\\ud834\"",
        "\"\u{1f}\"",
        "\"\u{7f}\"",
        "\"\u{10ffff}\"",
        "\"1\"",
        "\"true\"",
        "\"AQI=\"",
        "\"12345678\"",
        "\"1234567\\\"\"",
        "[]",
        "[ ]",
        "[,]",
        "[1,]",
        "[1 1]",
        "[1,2]",
        "[[],[]]",
        "[1",
        "[}",
        "{}",
        "{ }",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1}",
        "{\"a\":1,\"a\":2}",
        "{\"1\":1}",
        "{\"1\":1,\"1.0\":1}",
        "{\"true\":1}",
        "{1:1}",
        "{\"a\":1]",
        "{\"a\" :\t1 ,\r\n\"b\": [true ]} ",
        "\u{feff}1",
        "\"2026-03-01T00:00:00Z\"",
        "\"2026-03-01T00:00:0\\u0030Z\"",
    ];
    for value in values {
        for text in [
            value.to_owned(),
            format!("[{value}]"),
            format!(" {value} x"),
        ] {
            let text = text.as_bytes();
            same::<Value>(text);
            same::<String>(text);
            same::<Option<String>>(text);
            same::<bool>(text);
            same::<()>(text);
            same::<char>(text);
            same::<i32>(text);
            same::<u64>(text);
            same::<i128>(text);
            same::<f32>(text);
            same::<f64>(text);
            same::<(u8, u8)>(text);
            same::<Vec<Option<bool>>>(text);
            same::<Timestamp>(text);
            same::<Whole>(text);
            same::<Result<u8, u8>>(text);
            same::<std::collections::BTreeMap<String, Value>>(text);
            same::<std::collections::BTreeMap<i32, Value>>(text);
            same::<std::collections::BTreeMap<bool, Value>>(text);
            read_alike::<Map<Number<i32>, u8>>(text);
            read_alike::<Map<BoolKey, u8>>(text);
            read_alike::<Bytes<Vec<u8>>>(text);
            read_alike::<Number<f32>>(text);
        }
    }
}

/// For types that can't be compared: both read the text, or neither.
#[track_caller]
fn read_alike<T: DeserializeOwned>(text: &[u8]) {
    let (ours, theirs) = (from_slice::<T>(text), serde_json::from_slice::<T>(text));
    let shown = String::from_utf8_lossy(text);
    assert_eq!(ours.is_ok(), theirs.is_ok(), "{shown}");
    assert!(
        reader::read::<T>(text).is_err() || theirs.is_ok(),
        "{shown}"
    );
}

#[test]
fn usual_texts_are_not_given_up() {
    assert!(same::<Value>(MESSAGE.as_bytes()));
    let value: Value = serde_json::from_str(MESSAGE).unwrap();
    assert!(same::<Value>(
        serde_json::to_string(&value).unwrap().as_bytes()
    ));
    assert!(same::<Value>(
        serde_json::to_string_pretty(&value).unwrap().as_bytes()
    ));
}

#[test]
fn a_quote_is_found_at_every_place() {
    for length in 0..40 {
        for behind in 0..20 {
            let text = format!("[\"{}\"{}]", "é".repeat(length), " ".repeat(behind));
            assert!(same::<Vec<String>>(text.as_bytes()));
            let text = format!("[\"{}\\n\"{}]", "a".repeat(length), " ".repeat(behind));
            assert!(same::<Vec<String>>(text.as_bytes()));
        }
    }
}

#[test]
fn the_depth_is_bounded_alike() {
    for depth in 120..135 {
        let arrays = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(same::<Value>(arrays.as_bytes()), depth < 128);
        let objects = format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
        assert_eq!(same::<Value>(objects.as_bytes()), depth < 128);
        // What nobody asks for may be as deep as it likes.
        let unknown = format!("{{\"unknown\":{arrays},\"text\":\"a\"}}");
        assert!(same::<Message>(unknown.as_bytes()));
        let siblings = format!("[{}[]]", "[[[]]],".repeat(depth));
        assert!(same::<Value>(siblings.as_bytes()));
    }
}

#[test]
fn text_that_is_not_utf_8_is_read_where_nobody_asks_for_it() {
    assert!(!same::<Message>(b"{\"unknown\":\"\xff\",\"text\":\"a\"}"));
    assert!(!same::<Message>(b"{\"text\":\"\xff\"}"));
    assert!(from_slice::<Message>(b"{\"unknown\":\"\xff\",\"text\":\"a\"}").is_ok());
}

#[test]
fn an_error_names_the_place_and_does_not_repeat_the_value() {
    let error = from_slice::<Vec<Vec<String>>>(br#"[["a"], [31415]]"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "[1][0]: expected a string at line 1 column 14"
    );
    let error = from_slice::<Vec<u32>>(br#"["s3cret, expected nothing"]"#).unwrap_err();
    assert_eq!(error.to_string(), "[0]: expected u32 at line 1 column 27");
    let error = from_slice::<Vec<u32>>(b"[1,").unwrap_err();
    assert_eq!(
        error.to_string(),
        "not valid JSON: EOF while parsing a value at line 1 column 3"
    );
    let error = from_slice::<Vec<u32>>(b"[1] x").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("not valid JSON: trailing characters"),
        "{error}"
    );
}
