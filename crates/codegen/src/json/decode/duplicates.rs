//! Fields that occur twice, and oneofs with two members.
//!
//! pbjson-build takes a field for seen once it has a value. `null` gives none to a field with presence, so for these it is
//! noted which were seen: the specification checks the key of a `null` like any other.

use prost_reflect::FieldDescriptor;
use quote::quote;

use super::super::{same_code, unexpected};
use crate::Error;
use crate::names::{real_oneof, text};

/// The fields that have been seen, of those that `null` leaves without a value.
pub(super) struct Seen<'a> {
    fields: Vec<&'a str>,
}

impl<'a> Seen<'a> {
    pub(super) fn of(fields: impl Iterator<Item = &'a FieldDescriptor>) -> Self {
        let fields = fields.filter(|field| field.supports_presence());
        Self {
            fields: fields.map(FieldDescriptor::name).collect(),
        }
    }

    /// Declares the variable at the start of the function that reads the fields. pbjson-build's own variables for fields and
    /// oneofs end in two underscores.
    pub(super) fn declare(&self, function: &mut syn::ImplItemFn) {
        let count = self.fields.len();
        if count > 0 {
            let declaration = syn::parse_quote!(let mut seen_ = [false; #count];);
            function.block.stmts.insert(0, declaration);
        }
    }

    /// Corrects the check before the assignment of a field's value.
    pub(super) fn correct(
        &self,
        field: &FieldDescriptor,
        statements: &mut Vec<syn::Stmt>,
    ) -> Result<(), Error> {
        let Some(index) = self.fields.iter().position(|name| *name == field.name()) else {
            return Ok(());
        };
        let found: String = statements.iter().map(text).collect();
        let error = quote!(return Err(serde::de::Error::duplicate_field(the name)););
        let expected = quote!(if (the variable).is_some() { #error } and an assignment to it);
        let [check, syn::Stmt::Expr(syn::Expr::Assign(assignment), _)] = statements.as_slice()
        else {
            return Err(unexpected(field, &expected, &found));
        };
        let (variable, value) = (&assignment.left, &assignment.right);
        let name = field.json_name();
        let error = quote!({ return Err(serde::de::Error::duplicate_field(#name)); });
        let known = quote!(if #variable.is_some() #error);
        if !same_code(&text(check), &text(&known)) {
            return Err(unexpected(field, &expected, &found));
        }
        // A member of a oneof that is `null` neither counts as a second one nor replaces another.
        let assigned = match real_oneof(field) {
            Some(_) => quote! {
                let value_ = #value;
                if value_.is_some() {
                    #check
                    #variable = value_;
                }
            },
            None => quote!(#variable = #value;),
        };
        let replacement: syn::Block = syn::parse_quote!({
            if ::std::mem::replace(&mut seen_[#index], true) #error
            #assigned
        });
        *statements = replacement.stmts;
        Ok(())
    }
}
