//! Where the two mappings may differ.
//!
//! A difference in reading is explained by a repair: the input without what the class is about, which both mappings have
//! to read alike, and which tells what the one that accepts the original has to make of it.

/// A difference that is not a fault of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    RepeatedField,
    QuotedSignOrZeros,
    BeyondUint64,
    LeapSecond,
    LongFraction,
    QuotedNotation,
    EnumNotation,
    TimestampNanos,
    EmptyListWritten,
    DeepGroup,
}

/// Who is right, and what the other one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Ours refuses an input that prost-reflect takes for its repaired form.
    OursRefuses,
    /// prost-reflect refuses an input that ours takes for its repaired form.
    TheirsRefuses,
    /// The same message is written in another form.
    Written,
}

/// Nothing but 100 groups inside each other, and a field in the last one.
const DEEP_GROUP: [u8; 202] = {
    let mut bytes = [0x7c; 202];
    let mut start = 0;
    while start < 100 {
        bytes[start] = 0x7b;
        start += 1;
    }
    (bytes[100], bytes[101]) = (0x08, 0x01);
    bytes
};

pub(super) struct Description {
    pub(super) class: Class,
    pub(super) side: Side,
    pub(super) reason: &'static str,
    /// The part of the specification: of <https://protobuf.dev/programming-guides/json/> where nothing else is named.
    pub(super) specification: &'static str,
    /// A message, and an input that shows the difference.
    pub(super) example: (&'static str, Example),
}

pub(super) enum Example {
    Json(&'static str),
    Binary(&'static [u8]),
}

/// All classes.
pub(super) const CLASSES: [Description; 10] = [
    Description {
        class: Class::RepeatedField,
        side: Side::OursRefuses,
        reason: "ours refuses a field that occurs twice, under either of its names, also where one of the values is null; \
                 prost-reflect takes the last value that is not null",
        specification: "Duplicate values; the conformance suite takes a refusal as well as the last value \
                        (FieldNameDuplicate). Null values: keys are checked as ever",
        example: (
            "gitpod.v1.FieldValue",
            Example::Json(r#"{"key":"a","key":"b"}"#),
        ),
    },
    Description {
        class: Class::QuotedSignOrZeros,
        side: Side::OursRefuses,
        reason: "prost-reflect reads quoted integers as Rust does, with a plus sign and leading zeros",
        specification: "Representation of each type, int32 and uint64: a number or a string that holds one; JSON numbers \
                        have neither (RFC 8259, section 6)",
        example: (
            "gitpod.v1.PaginationRequest",
            Example::Json(r#"{"pageSize":"+007"}"#),
        ),
    },
    Description {
        class: Class::BeyondUint64,
        side: Side::OursRefuses,
        reason: "prost-reflect takes a number literal that is 2^64 once it is a double for 2^64 - 1",
        specification: "Out of range numeric values",
        example: (
            "gitpod.v1.CreateLLMIntegrationRequest",
            Example::Json(r#"{"maxTokens":18446744073709551616}"#),
        ),
    },
    Description {
        class: Class::LeapSecond,
        side: Side::OursRefuses,
        reason: "prost-reflect takes second 60 of any minute for second 59",
        specification: "timestamp.proto: all minutes have 60 seconds; conformance suite: TimestampJsonInputSecondTooLarge",
        example: (
            "gitpod.v1.HostAuthenticationToken",
            Example::Json(r#"{"expiresAt":"2016-12-31T23:59:60Z"}"#),
        ),
    },
    Description {
        class: Class::LongFraction,
        side: Side::OursRefuses,
        reason: "prost-reflect cuts a fraction of more than nine digits",
        specification: "Well-known types, Timestamp: up to 9 digits; conformance suite: TimestampJsonInputInvalidNanos",
        example: (
            "gitpod.v1.HostAuthenticationToken",
            Example::Json(r#"{"expiresAt":"2026-03-01T00:00:00.1234567891Z"}"#),
        ),
    },
    Description {
        class: Class::QuotedNotation,
        side: Side::TheirsRefuses,
        reason: "prost-reflect reads no fraction and no exponent in a quoted integer, and no quoted -0 where the field is \
                 unsigned",
        specification: "Representation of each type, int32 and uint64: exponents also in quoted form; Out of range numeric \
                        values: a fraction of zero is accepted",
        example: (
            "gitpod.v1.PaginationRequest",
            Example::Json(r#"{"pageSize":"1.0e2"}"#),
        ),
    },
    Description {
        class: Class::EnumNotation,
        side: Side::TheirsRefuses,
        reason: "prost-reflect reads the number of an enum value only if it is written as an integer",
        specification: "Representation of each type, enum: integer values; Out of range numeric values: a fraction of zero \
                        is accepted",
        example: ("gitpod.v1.Subject", Example::Json(r#"{"principal":1.0}"#)),
    },
    Description {
        class: Class::TimestampNanos,
        side: Side::Written,
        reason: "ours does not write a timestamp with nanoseconds outside of 0 to 999 999 999 as JSON; prost-reflect moves \
                 what is too much into the seconds",
        specification: "timestamp.proto: nanos must be from 0 to 999 999 999; conformance suite: TimestampProtoNegativeNanos",
        example: (
            "gitpod.v1.HostAuthenticationToken",
            // expires_at: 1000000000 nanoseconds
            Example::Binary(&[0x32, 0x06, 0x10, 0x80, 0x94, 0xeb, 0xdc, 0x03]),
        ),
    },
    Description {
        class: Class::EmptyListWritten,
        side: Side::Written,
        reason: "ours writes the lists of list responses also where they are empty, for clients in strict mode",
        specification: "Presence and default-values; JSON options: always emit fields without presence",
        example: (
            "gitpod.v1.ListEnvironmentClassesResponse",
            Example::Json("{}"),
        ),
    },
    Description {
        class: Class::DeepGroup,
        side: Side::OursRefuses,
        reason: "in unknown groups prost counts a field that is no group as a level too, prost-reflect only the groups: a \
                 field inside of 100 of them is one too deep",
        specification: "the encoding guide (https://protobuf.dev/programming-guides/encoding/) sets no limit; Google's \
                        parsers have 100 levels by default",
        example: ("gitpod.v1.FieldValue", Example::Binary(&DEEP_GROUP)),
    },
];

impl Class {
    pub(super) fn description(self) -> &'static Description {
        &CLASSES[self as usize]
    }
}
