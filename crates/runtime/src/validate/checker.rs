use super::violations::{FieldPath, FieldPathElement, Subscript, Type, Violation, Violations};

/// Collects broken rules, and knows the path of the field that is being checked.
///
/// The path is a stack of static descriptions; it is turned into messages only where a rule is broken, so a valid
/// message is checked without allocation.
#[derive(Default)]
pub struct Checker {
    path: Vec<(Field, Option<u64>)>,
    violations: Vec<Violation>,
}

/// A field as its .proto file declares it.
#[derive(Clone, Copy)]
pub struct Field {
    number: i32,
    name: &'static str,
    kind: Type,
}

impl Field {
    /// A field with this number, name and type.
    pub const fn new(number: i32, name: &'static str, kind: Type) -> Self {
        Self { number, name, kind }
    }

    fn element(self, index: Option<u64>) -> FieldPathElement {
        FieldPathElement {
            field_number: Some(self.number),
            field_name: Some(self.name.to_owned()),
            field_type: Some(self.kind.into()),
            key_type: None,
            value_type: None,
            subscript: index.map(Subscript::Index),
        }
    }
}

impl Checker {
    /// A checker at the root of a message.
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks a field: what `check` reports, it reports about `field`.
    pub fn field(&mut self, field: Field, check: impl FnOnce(&mut Self)) {
        self.at(field, None, check);
    }

    /// Checks one element of a repeated field.
    pub fn element(&mut self, field: Field, index: usize, check: impl FnOnce(&mut Self)) {
        self.at(field, Some(index as u64), check);
    }

    fn at(&mut self, field: Field, index: Option<u64>, check: impl FnOnce(&mut Self)) {
        self.path.push((field, index));
        check(self);
        self.path.pop();
    }

    /// Reports that the field at the current path breaks the rule at `rule` inside `buf.validate.FieldRules`.
    pub fn violation(&mut self, rule: &[Field], rule_id: &str, message: impl Into<String>) {
        let path = self
            .path
            .iter()
            .map(|(field, index)| field.element(*index))
            .collect();
        let rule = rule.iter().map(|field| field.element(None)).collect();
        self.violations.push(Violation {
            field: not_empty(path),
            rule: not_empty(rule),
            rule_id: Some(rule_id.to_owned()),
            message: Some(message.into()),
            for_key: None,
        });
    }

    /// The outcome.
    ///
    /// # Errors
    ///
    /// The broken rules, where there are any.
    pub fn finish(self) -> Result<(), Violations> {
        if self.violations.is_empty() {
            Ok(())
        } else {
            Err(Violations {
                violations: self.violations,
            })
        }
    }
}

fn not_empty(elements: Vec<FieldPathElement>) -> Option<FieldPath> {
    (!elements.is_empty()).then_some(FieldPath { elements })
}
