//! The messages of `buf/validate/validate.proto` that report broken rules.
//!
//! Written by hand rather than generated, because generated validators of any crate need them; a test of the messages
//! crate compares them with the .proto file.

use std::fmt;

/// `buf.validate.Violations`: everything that is wrong with a message; the form in which it travels as error detail.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Violations {
    /// The broken rules, in the order of the fields.
    #[prost(message, repeated, tag = "1")]
    pub violations: Vec<Violation>,
}

/// `buf.validate.Violation`: one broken rule.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Violation {
    /// The field that breaks the rule; unset where the rule is about the whole message.
    #[prost(message, optional, tag = "5")]
    pub field: Option<FieldPath>,
    /// The rule inside `buf.validate.FieldRules`.
    #[prost(message, optional, tag = "6")]
    pub rule: Option<FieldPath>,
    /// The rule's stable name, such as `string.uuid`.
    #[prost(string, optional, tag = "2")]
    pub rule_id: Option<String>,
    /// What is wrong, in English.
    #[prost(string, optional, tag = "3")]
    pub message: Option<String>,
    /// Whether a map's key rather than its value is meant.
    #[prost(bool, optional, tag = "4")]
    pub for_key: Option<bool>,
}

/// `buf.validate.FieldPath`: the way from a message to a field inside it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FieldPath {
    /// The fields on the way, outermost first.
    #[prost(message, repeated, tag = "1")]
    pub elements: Vec<FieldPathElement>,
}

/// `buf.validate.FieldPathElement`: one step of a [`FieldPath`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct FieldPathElement {
    /// The field's number.
    #[prost(int32, optional, tag = "1")]
    pub field_number: Option<i32>,
    /// The field's name in the .proto file.
    #[prost(string, optional, tag = "2")]
    pub field_name: Option<String>,
    /// The field's type.
    #[prost(enumeration = "Type", optional, tag = "3")]
    pub field_type: Option<i32>,
    /// The type of a map's keys.
    #[prost(enumeration = "Type", optional, tag = "4")]
    pub key_type: Option<i32>,
    /// The type of a map's values.
    #[prost(enumeration = "Type", optional, tag = "5")]
    pub value_type: Option<i32>,
    /// Which element of a repeated field or a map.
    #[prost(oneof = "Subscript", tags = "6, 7, 8, 9, 10")]
    pub subscript: Option<Subscript>,
}

/// Which element of a repeated field or a map a [`FieldPathElement`] means.
#[derive(Clone, PartialEq, Eq, prost::Oneof)]
pub enum Subscript {
    /// Index into a repeated field, from 0.
    #[prost(uint64, tag = "6")]
    Index(u64),
    /// Key of a map with `bool` keys.
    #[prost(bool, tag = "7")]
    BoolKey(bool),
    /// Key of a map with signed keys.
    #[prost(int64, tag = "8")]
    IntKey(i64),
    /// Key of a map with unsigned keys.
    #[prost(uint64, tag = "9")]
    UintKey(u64),
    /// Key of a map with `string` keys.
    #[prost(string, tag = "10")]
    StringKey(String),
}

/// `google.protobuf.FieldDescriptorProto.Type`.
pub use prost_types::field_descriptor_proto::Type;

impl fmt::Display for Violations {
    /// The violations as protovalidate words them, separated by `; `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, violation) in self.violations.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            violation.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Violations {}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(self.message())?;
        if !self.rule_id().is_empty() {
            write!(f, " [{}]", self.rule_id())?;
        }
        Ok(())
    }
}

impl fmt::Display for FieldPath {
    /// The path as in `filter.runner_ids[2]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, element) in self.elements.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            f.write_str(element.field_name())?;
            match &element.subscript {
                None => {}
                Some(Subscript::Index(index)) => write!(f, "[{index}]")?,
                Some(Subscript::BoolKey(key)) => write!(f, "[{key}]")?,
                Some(Subscript::IntKey(key)) => write!(f, "[{key}]")?,
                Some(Subscript::UintKey(key)) => write!(f, "[{key}]")?,
                Some(Subscript::StringKey(key)) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

impl prost::Name for Violations {
    const NAME: &'static str = "Violations";
    const PACKAGE: &'static str = "buf.validate";
}

impl prost::Name for Violation {
    const NAME: &'static str = "Violation";
    const PACKAGE: &'static str = "buf.validate";
}

impl prost::Name for FieldPath {
    const NAME: &'static str = "FieldPath";
    const PACKAGE: &'static str = "buf.validate";
}

impl prost::Name for FieldPathElement {
    const NAME: &'static str = "FieldPathElement";
    const PACKAGE: &'static str = "buf.validate";
}
