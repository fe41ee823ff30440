//! `buf.validate` at run time: what generated validators call and what they report.
//!
//! A generated message implements [`Validate`]. [`Validate::validate`] checks every rule that its .proto file states,
//! those of nested messages included, and reports all broken rules, not just the first:
//!
//! ```
//! use runner_configuration_runtime::validate::{Checker, Field, Type, Validate, rules};
//!
//! // What the generator writes for `string id = 1 [(buf.validate.field).string.uuid = true];`
//! struct GetRequest { id: String }
//!
//! impl Validate for GetRequest {
//!     fn check(&self, checker: &mut Checker) {
//!         checker.field(Field::new(1, "id", Type::String), |checker| rules::uuid(checker, rules::STRING, &self.id));
//!     }
//! }
//!
//! let violations = GetRequest { id: "x".into() }.validate().unwrap_err();
//! assert_eq!(violations.to_string(), "id: must be a valid UUID [string.uuid]");
//! ```

mod checker;
pub mod rules;
mod violations;

pub use checker::{Checker, Field};
pub use violations::{FieldPath, FieldPathElement, Subscript, Type, Violation, Violations};

/// A message with rules: implemented by generated code for every message.
pub trait Validate {
    /// Reports every broken rule to `checker`, under the path that the checker is at.
    fn check(&self, checker: &mut Checker);

    /// Checks every rule of this message and of the messages inside it.
    ///
    /// # Errors
    ///
    /// All broken rules, in the order of the fields.
    fn validate(&self) -> Result<(), Violations> {
        let mut checker = Checker::new();
        self.check(&mut checker);
        checker.finish()
    }
}

/// A message that contains itself is boxed there.
impl<T: Validate + ?Sized> Validate for Box<T> {
    fn check(&self, checker: &mut Checker) {
        (**self).check(checker);
    }
}
