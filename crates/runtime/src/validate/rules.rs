//! The standard rules, worded as protovalidate words them.
//!
//! Each function checks one rule of one value and reports to the [`Checker`]. `scope` is the way inside
//! `buf.validate.FieldRules` to the rules of the value's type: [`STRING`] for a field, [`ITEMS_STRING`] for the elements of a
//! repeated field, and so on.

use crate::Enumeration;

use super::{Checker, Field, Type};

/// A way inside `buf.validate.FieldRules`.
pub type Scope = &'static [Field];

const STRING_RULES: Field = Field::new(14, "string", Type::Message);
const INT32_RULES: Field = Field::new(3, "int32", Type::Message);
const ENUM_RULES: Field = Field::new(16, "enum", Type::Message);
const REPEATED_RULES: Field = Field::new(18, "repeated", Type::Message);
const ITEMS: Field = Field::new(4, "items", Type::Message);

/// `string`.
pub const STRING: Scope = &[STRING_RULES];
/// `int32`.
pub const INT32: Scope = &[INT32_RULES];
/// `enum`.
pub const ENUM: Scope = &[ENUM_RULES];
/// `repeated`.
pub const REPEATED: Scope = &[REPEATED_RULES];
/// `repeated.items.string`.
pub const ITEMS_STRING: Scope = &[REPEATED_RULES, ITEMS, STRING_RULES];
/// `repeated.items.int32`.
pub const ITEMS_INT32: Scope = &[REPEATED_RULES, ITEMS, INT32_RULES];
/// `repeated.items.enum`.
pub const ITEMS_ENUM: Scope = &[REPEATED_RULES, ITEMS, ENUM_RULES];

fn violation(
    checker: &mut Checker,
    scope: Scope,
    rule: Field,
    rule_id: &str,
    message: impl Into<String>,
) {
    let mut path = scope.to_vec();
    path.push(rule);
    checker.violation(&path, rule_id, message);
}

/// `required`, of a field that is not set.
pub fn required(checker: &mut Checker) {
    let rule = Field::new(25, "required", Type::Bool);
    checker.violation(&[rule], "required", "value is required");
}

/// `string.min_len`, in characters (Unicode code points).
pub fn min_len(checker: &mut Checker, scope: Scope, value: &str, min: u64) {
    // A text has at least a character per four bytes, and at most one per byte.
    if (value.len() as u64) < min || (value.chars().count() as u64) < min {
        let rule = Field::new(2, "min_len", Type::Uint64);
        let message = format!("must be at least {min} characters");
        violation(checker, scope, rule, "string.min_len", message);
    }
}

/// `string.max_len`, in characters (Unicode code points).
pub fn max_len(checker: &mut Checker, scope: Scope, value: &str, max: u64) {
    if (value.len() as u64) > max && (value.chars().count() as u64) > max {
        let rule = Field::new(3, "max_len", Type::Uint64);
        let message = format!("must be at most {max} characters");
        violation(checker, scope, rule, "string.max_len", message);
    }
}

/// `string.uuid`: 8-4-4-4-12 hexadecimal digits in any case, of any version.
pub fn uuid(checker: &mut Checker, scope: Scope, value: &str) {
    let rule = Field::new(22, "uuid", Type::Bool);
    if value.is_empty() {
        let message = "value is empty, which is not a valid UUID";
        violation(checker, scope, rule, "string.uuid_empty", message);
    } else if !is_uuid(value) {
        violation(checker, scope, rule, "string.uuid", "must be a valid UUID");
    }
}

fn is_uuid(value: &str) -> bool {
    let Ok(bytes) = <&[u8; 36]>::try_from(value.as_bytes()) else {
        return false;
    };
    // Counted in a byte, and not left at the first: the compiler then looks at many at once. A hyphen is no digit.
    let digits: u8 = bytes
        .iter()
        .map(|byte| u8::from(byte.is_ascii_hexdigit()))
        .sum();
    digits == 32
        && [8, 13, 18, 23]
            .into_iter()
            .all(|place| bytes[place] == b'-')
}

/// A bound of a range of numbers.
#[derive(Clone, Copy)]
pub enum Bound {
    /// `gt` or `lt`: the bound itself is outside.
    Exclusive(i32),
    /// `gte` or `lte`: the bound itself is inside.
    Inclusive(i32),
}

impl Bound {
    fn limit(self) -> i32 {
        match self {
            Self::Exclusive(limit) | Self::Inclusive(limit) => limit,
        }
    }
}

/// `int32.gt`, `gte`, `lt` and `lte`, alone or as a pair.
///
/// A lower bound above the upper one means the values outside of the two.
pub fn int32_range(
    checker: &mut Checker,
    scope: Scope,
    value: i32,
    lower: Option<Bound>,
    upper: Option<Bound>,
) {
    let above = match lower {
        None => true,
        Some(Bound::Exclusive(min)) => value > min,
        Some(Bound::Inclusive(min)) => value >= min,
    };
    let below = match upper {
        None => true,
        Some(Bound::Exclusive(max)) => value < max,
        Some(Bound::Inclusive(max)) => value <= max,
    };
    let inverted =
        matches!((lower, upper), (Some(lower), Some(upper)) if upper.limit() < lower.limit());
    if (above && below) || (inverted && (above || below)) {
        return;
    }
    let lower = lower.map(|bound| match bound {
        Bound::Exclusive(min) => (4, "gt", format!("greater than {min}")),
        Bound::Inclusive(min) => (5, "gte", format!("greater than or equal to {min}")),
    });
    let upper = upper.map(|bound| match bound {
        Bound::Exclusive(max) => (2, "lt", format!("less than {max}")),
        Bound::Inclusive(max) => (3, "lte", format!("less than or equal to {max}")),
    });
    let (number, name, rule_id, words) = match (lower, upper) {
        (Some((number, low, low_words)), Some((_, high, high_words))) => {
            let (suffix, and) = if inverted {
                ("_exclusive", "or")
            } else {
                ("", "and")
            };
            let rule_id = format!("int32.{low}_{high}{suffix}");
            (
                number,
                low,
                rule_id,
                format!("{low_words} {and} {high_words}"),
            )
        }
        (Some((number, name, words)), None) | (None, Some((number, name, words))) => {
            (number, name, format!("int32.{name}"), words)
        }
        (None, None) => return,
    };
    let rule = Field::new(number, name, Type::Int32);
    violation(checker, scope, rule, &rule_id, format!("must be {words}"));
}

/// `enum.defined_only`: the number is one of the declared ones.
pub fn defined_only<E: Enumeration>(checker: &mut Checker, scope: Scope, number: i32) {
    if E::from_number(number).is_none() {
        let rule = Field::new(2, "defined_only", Type::Bool);
        let message = "value must be one of the defined enum values";
        violation(checker, scope, rule, "enum.defined_only", message);
    }
}

/// `repeated.min_items`.
pub fn min_items(checker: &mut Checker, scope: Scope, len: usize, min: u64) {
    if (len as u64) < min {
        let rule = Field::new(1, "min_items", Type::Uint64);
        let message = format!("must contain at least {min} item(s)");
        violation(checker, scope, rule, "repeated.min_items", message);
    }
}

/// `repeated.max_items`.
pub fn max_items(checker: &mut Checker, scope: Scope, len: usize, max: u64) {
    if (len as u64) > max {
        let rule = Field::new(2, "max_items", Type::Uint64);
        let message = format!("must contain no more than {max} item(s)");
        violation(checker, scope, rule, "repeated.max_items", message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(check: impl FnOnce(&mut Checker)) -> String {
        let mut checker = Checker::new();
        check(&mut checker);
        checker
            .finish()
            .err()
            .map(|violations| violations.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn uuids_are_read_in_any_case_and_only_in_their_canonical_shape() {
        for good in [
            "d2c94c27-3b76-4a42-b88c-95a85e392c68",
            "D2C94C27-3B76-4A42-B88C-95A85E392C68",
        ] {
            assert_eq!(broken(|checker| uuid(checker, STRING, good)), "");
        }
        for bad in [
            "d2c94c273b764a42b88c95a85e392c68",
            "{d2c94c27-3b76-4a42-b88c-95a85e392c68}",
            "x",
            "d2c94c27-3b76-4a42-b88c-95a85e392c6é",
        ] {
            assert_eq!(
                broken(|checker| uuid(checker, STRING, bad)),
                "must be a valid UUID [string.uuid]"
            );
        }
        assert_eq!(
            broken(|checker| uuid(checker, STRING, "")),
            "value is empty, which is not a valid UUID [string.uuid_empty]"
        );
    }

    #[test]
    fn lengths_count_characters_not_bytes() {
        assert_eq!(broken(|checker| max_len(checker, STRING, "äöü", 3)), "");
        assert_eq!(broken(|checker| min_len(checker, STRING, "äöü", 3)), "");
        assert_eq!(
            broken(|checker| min_len(checker, STRING, "äö", 3)),
            "must be at least 3 characters [string.min_len]"
        );
        assert_eq!(
            broken(|checker| max_len(checker, STRING, "äöüß", 3)),
            "must be at most 3 characters [string.max_len]"
        );
    }

    #[test]
    fn ranges_are_worded_as_pairs_and_may_be_inverted() {
        let (low, high) = (Some(Bound::Inclusive(0)), Some(Bound::Inclusive(100)));
        assert_eq!(
            broken(|checker| int32_range(checker, INT32, 100, low, high)),
            ""
        );
        assert_eq!(
            broken(|checker| int32_range(checker, INT32, 101, low, high)),
            "must be greater than or equal to 0 and less than or equal to 100 [int32.gte_lte]"
        );
        let (low, high) = (Some(Bound::Exclusive(10)), Some(Bound::Exclusive(5)));
        assert_eq!(
            broken(|checker| int32_range(checker, INT32, 11, low, high)),
            ""
        );
        assert_eq!(
            broken(|checker| int32_range(checker, INT32, 7, low, high)),
            "must be greater than 10 or less than 5 [int32.gt_lt_exclusive]"
        );
        assert_eq!(
            broken(|checker| int32_range(checker, INT32, 7, Some(Bound::Inclusive(8)), None)),
            "must be greater than or equal to 8 [int32.gte]"
        );
    }
}
