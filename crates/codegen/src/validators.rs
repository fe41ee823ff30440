//! Validators for `buf.validate` rules.

use proc_macro2::TokenStream;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, Value};
use quote::{format_ident, quote};

use crate::names::{
    Types, declared_fields, message_path, oneof_path, real_oneof, snake, upper_camel,
};
use crate::rules::{FieldRules, Ignore, Rules, unsupported};
use crate::{Descriptors, Error};

/// `Validate` for every message of a package.
pub(crate) fn generate(
    descriptors: &Descriptors,
    messages: &[MessageDescriptor],
    types: &Types<'_>,
    runtime: &syn::Path,
) -> Result<TokenStream, Error> {
    let generator = Generator {
        rules: &Rules::new(descriptors),
        types,
        runtime,
    };
    messages
        .iter()
        .map(|message| generator.message(message))
        .collect()
}

struct Generator<'a> {
    rules: &'a Rules,
    types: &'a Types<'a>,
    runtime: &'a syn::Path,
}

impl Generator<'_> {
    fn message(&self, message: &MessageDescriptor) -> Result<TokenStream, Error> {
        let runtime = self.runtime;
        let path = message_path(message);
        let checks = if self.rules.is_disabled(message)? {
            Vec::new()
        } else {
            declared_fields(message)
                .iter()
                .map(|field| self.field(field))
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()?
        };
        let checker = match checks.is_empty() {
            true => format_ident!("_checker"),
            false => format_ident!("checker"),
        };
        Ok(quote! {
            impl #runtime::validate::Validate for #path {
                fn check(&self, #checker: &mut #runtime::validate::Checker) {
                    #(#checks)*
                }
            }
        })
    }

    /// The checks of one field, or `None` where there is nothing to check.
    fn field(&self, field: &FieldDescriptor) -> Result<Option<TokenStream>, Error> {
        let rules = self.rules.of_field(field)?;
        if rules.ignore == Ignore::Always {
            return Ok(None);
        }
        let checks = if field.is_map() {
            self.refuse_in_map(field, &rules)?;
            None
        } else if field.is_list() {
            self.list(field, &rules)?
        } else {
            self.singular(field, &rules)?
        };
        if checks.is_none() && !rules.required {
            return Ok(None);
        }
        let runtime = self.runtime;
        let constant = self.field_constant(field);
        let is_set = is_set(field);
        // Once it is known that a required field is not set, its other rules say nothing new.
        let checks = if rules.required {
            quote! {
                if #is_set {
                    #checks
                } else {
                    checker.field(FIELD, #runtime::validate::rules::required);
                }
            }
        } else if rules.ignore == Ignore::IfUnpopulated {
            quote!(if #is_set { #checks })
        } else {
            quote!(#checks)
        };
        Ok(Some(quote! {
            {
                const FIELD: #runtime::validate::Field = #constant;
                #checks
            }
        }))
    }

    /// The checks of a field that is neither a list nor a map, where it is set if it tracks presence.
    fn singular(
        &self,
        field: &FieldDescriptor,
        rules: &FieldRules,
    ) -> Result<Option<TokenStream>, Error> {
        let checks = match field.kind() {
            Kind::Message(message) => self.nested(field, &message, rules, "on a message")?,
            kind => self.scalar(field, &kind, rules, "")?,
        };
        let Some(checks) = checks else {
            return Ok(None);
        };
        let ident = snake(field.name());
        let checks = quote!(checker.field(FIELD, |checker| { #checks }););
        Ok(Some(if let Some(oneof) = real_oneof(field) {
            let oneof_ident = snake(oneof.name());
            let (oneof, variant) = (oneof_path(&oneof), upper_camel(field.name()));
            quote! {
                if let ::core::option::Option::Some(#oneof::#variant(value)) = &self.#oneof_ident {
                    #checks
                }
            }
        } else if field.supports_presence() {
            quote!(if let ::core::option::Option::Some(value) = &self.#ident { #checks })
        } else {
            quote! {
                let value = &self.#ident;
                #checks
            }
        }))
    }

    fn list(
        &self,
        field: &FieldDescriptor,
        rules: &FieldRules,
    ) -> Result<Option<TokenStream>, Error> {
        let ident = snake(field.name());
        let rules_path = self.rules_path();
        let list = quote!(checker, #rules_path::REPEATED, self.#ident.len());
        let mut of_list = Vec::new();
        let mut items = FieldRules::default();
        for (name, value) in rules.of_type(field, "repeated")? {
            match (name.as_str(), value) {
                ("min_items", Value::U64(min)) => {
                    of_list.push(quote!(#rules_path::min_items(#list, #min);));
                }
                ("max_items", Value::U64(max)) => {
                    of_list.push(quote!(#rules_path::max_items(#list, #max);));
                }
                ("items", Value::Message(rules)) => items = FieldRules::of_items(field, &rules)?,
                _ => return Err(unsupported(field.full_name(), format!("repeated.{name}"))),
            }
        }
        let of_item = match field.kind() {
            Kind::Message(message) => {
                self.nested(field, &message, &items, "on items that are messages")?
            }
            kind => self.scalar(field, &kind, &items, "ITEMS_")?,
        };
        if of_list.is_empty() && of_item.is_none() {
            return Ok(None);
        }
        let of_list = (!of_list.is_empty())
            .then(|| quote!(checker.field(FIELD, |checker| { #(#of_list)* });));
        let of_items = of_item.map(|checks| {
            quote! {
                for (index, value) in self.#ident.iter().enumerate() {
                    checker.element(FIELD, index, |checker| { #checks });
                }
            }
        });
        Ok(Some(quote!(#of_list #of_items)))
    }

    /// The check of a message `value` inside another one.
    fn nested(
        &self,
        field: &FieldDescriptor,
        message: &MessageDescriptor,
        rules: &FieldRules,
        what: &str,
    ) -> Result<Option<TokenStream>, Error> {
        rules.require_none(field, what)?;
        let runtime = self.runtime;
        Ok(self
            .rules
            .reach_into(message)?
            .then(|| quote!(#runtime::validate::Validate::check(value, checker);)))
    }

    fn refuse_in_map(&self, field: &FieldDescriptor, rules: &FieldRules) -> Result<(), Error> {
        rules.require_none(field, "on a map")?;
        if let Kind::Message(entry) = field.kind()
            && self.rules.reach_into(&entry)?
        {
            let rule = "rules of a message that is a map's value";
            return Err(unsupported(field.full_name(), rule));
        }
        Ok(())
    }

    /// The checks of a scalar or enum `value`, a reference; `scope` is the prefix of the scope's constant.
    fn scalar(
        &self,
        field: &FieldDescriptor,
        kind: &Kind,
        rules: &FieldRules,
        scope: &str,
    ) -> Result<Option<TokenStream>, Error> {
        let (type_name, constant) = match kind {
            Kind::String => ("string", "STRING"),
            Kind::Int32 => ("int32", "INT32"),
            Kind::Enum(_) => ("enum", "ENUM"),
            _ => {
                rules.require_none(field, "on a field of this type")?;
                return Ok(None);
            }
        };
        let rules_path = self.rules_path();
        let constant = format_ident!("{scope}{constant}");
        let scope = quote!(#rules_path::#constant);
        let mut checks = Vec::new();
        let (mut lower, mut upper) = (None, None);
        for (name, value) in rules.of_type(field, type_name)? {
            match (kind, name.as_str(), value) {
                (Kind::String, "min_len", Value::U64(min)) => {
                    checks.push(quote!(#rules_path::min_len(checker, #scope, value, #min);));
                }
                (Kind::String, "max_len", Value::U64(max)) => {
                    checks.push(quote!(#rules_path::max_len(checker, #scope, value, #max);));
                }
                (Kind::String, "uuid", Value::Bool(true)) => {
                    checks.push(quote!(#rules_path::uuid(checker, #scope, value);));
                }
                (Kind::Enum(enumeration), "defined_only", Value::Bool(true)) => {
                    let enumeration = self.types.enumeration(enumeration)?;
                    checks.push(quote! {
                        #rules_path::defined_only::<#enumeration>(checker, #scope, *value);
                    });
                }
                (Kind::String, "uuid", Value::Bool(false))
                | (Kind::Enum(_), "defined_only", Value::Bool(false)) => {}
                (Kind::Int32, "gt", Value::I32(min)) => lower = Some(quote!(Exclusive(#min))),
                (Kind::Int32, "gte", Value::I32(min)) => lower = Some(quote!(Inclusive(#min))),
                (Kind::Int32, "lt", Value::I32(max)) => upper = Some(quote!(Exclusive(#max))),
                (Kind::Int32, "lte", Value::I32(max)) => upper = Some(quote!(Inclusive(#max))),
                _ => {
                    let rule = format!("{type_name}.{name}");
                    return Err(unsupported(field.full_name(), rule));
                }
            }
        }
        if lower.is_some() || upper.is_some() {
            let [lower, upper] = [lower, upper].map(|bound| match bound {
                Some(bound) => quote!(::core::option::Option::Some(#rules_path::Bound::#bound)),
                None => quote!(::core::option::Option::None),
            });
            checks.push(quote! {
                #rules_path::int32_range(checker, #scope, *value, #lower, #upper);
            });
        }
        Ok((!checks.is_empty()).then(|| quote!(#(#checks)*)))
    }

    fn field_constant(&self, field: &FieldDescriptor) -> TokenStream {
        let runtime = self.runtime;
        let (number, name) = (field.number() as i32, field.name());
        let kind = format!("{:?}", field.field_descriptor_proto().r#type());
        let kind = format_ident!("{kind}");
        quote!(#runtime::validate::Field::new(#number, #name, #runtime::validate::Type::#kind))
    }

    fn rules_path(&self) -> TokenStream {
        let runtime = self.runtime;
        quote!(#runtime::validate::rules)
    }
}

/// Whether a field is set, or, where it does not track presence, differs from its zero value.
fn is_set(field: &FieldDescriptor) -> TokenStream {
    let ident = snake(field.name());
    if let Some(oneof) = real_oneof(field) {
        let oneof_ident = snake(oneof.name());
        let (oneof, variant) = (oneof_path(&oneof), upper_camel(field.name()));
        return quote! {
            matches!(self.#oneof_ident, ::core::option::Option::Some(#oneof::#variant(_)))
        };
    }
    match field.kind() {
        _ if field.is_list() || field.is_map() => quote!(!self.#ident.is_empty()),
        _ if field.supports_presence() => quote!(self.#ident.is_some()),
        Kind::String | Kind::Bytes => quote!(!self.#ident.is_empty()),
        Kind::Bool => quote!(self.#ident),
        Kind::Float | Kind::Double => quote!(self.#ident != 0.0),
        _ => quote!(self.#ident != 0),
    }
}
