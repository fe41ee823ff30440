//! Validators for `buf.validate` rules.

use proc_macro2::TokenStream;
use prost_reflect::{
    DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value,
};
use quote::{format_ident, quote};

use crate::names::{enum_path, message_path, oneof_path, real_oneof, snake, upper_camel};
use crate::{Descriptors, Error};

/// `Validate` for every message of a package.
pub(crate) fn generate(
    descriptors: &Descriptors,
    package: &str,
    messages: &[MessageDescriptor],
    runtime: &syn::Path,
) -> Result<TokenStream, Error> {
    let rules = Rules::new(descriptors);
    let generator = Generator {
        rules: &rules,
        package,
        runtime,
    };
    messages
        .iter()
        .map(|message| generator.message(message))
        .collect()
}

struct Generator<'a> {
    rules: &'a Rules,
    package: &'a str,
    runtime: &'a syn::Path,
}

impl Generator<'_> {
    fn message(&self, message: &MessageDescriptor) -> Result<TokenStream, Error> {
        let runtime = self.runtime;
        let path = message_path(message);
        let checks = if self.rules.is_disabled(message)? {
            Vec::new()
        } else {
            message
                .fields()
                .map(|field| self.field(&field))
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()?
        };
        let (this, checker) = match checks.is_empty() {
            true => (quote!(&self), format_ident!("_checker")),
            false => (quote!(&self), format_ident!("checker")),
        };
        Ok(quote! {
            impl #runtime::validate::Validate for #path {
                fn check(#this, #checker: &mut #runtime::validate::Checker) {
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
        let runtime = self.runtime;
        let constant = self.field_constant(field);
        let ident = snake(field.name());
        let required = rules.required.then(|| self.required(field));
        let checks = if field.is_map() {
            self.unsupported_if_any(field, &rules, "map")?
        } else if field.is_list() {
            self.list(field, &rules)?
        } else {
            self.singular(field, &rules)?.map(|checks| {
                if let Some(oneof) = real_oneof(field) {
                    let oneof_ident = snake(oneof.name());
                    let (oneof, variant) = (oneof_path(&oneof), upper_camel(field.name()));
                    quote!(if let ::core::option::Option::Some(#oneof::#variant(value)) = &self.#oneof_ident { #checks })
                } else if field.supports_presence() {
                    quote!(if let ::core::option::Option::Some(value) = &self.#ident { #checks })
                } else {
                    let unset = rules.ignore == Ignore::IfUnpopulated;
                    let checks = quote!({ let value = &self.#ident; #checks });
                    let is_set = unset.then(|| is_populated(field, &ident));
                    match is_set {
                        Some(is_set) => quote!(if #is_set #checks),
                        None => checks,
                    }
                }
            })
        };
        if required.is_none() && checks.is_none() {
            return Ok(None);
        }
        Ok(Some(quote! {
            {
                const FIELD: #runtime::validate::Field = #constant;
                #required
                #checks
            }
        }))
    }

    fn required(&self, field: &FieldDescriptor) -> TokenStream {
        let runtime = self.runtime;
        let ident = snake(field.name());
        let is_set = if let Some(oneof) = real_oneof(field) {
            let oneof_ident = snake(oneof.name());
            let (oneof, variant) = (oneof_path(&oneof), upper_camel(field.name()));
            quote!(matches!(self.#oneof_ident, ::core::option::Option::Some(#oneof::#variant(_))))
        } else if field.supports_presence() {
            quote!(self.#ident.is_some())
        } else {
            is_populated(field, &ident)
        };
        quote!(checker.field(FIELD, |checker| #runtime::validate::rules::required(checker, #is_set));)
    }

    /// The checks of a singular field's `value`, a reference.
    fn singular(
        &self,
        field: &FieldDescriptor,
        rules: &FieldRules,
    ) -> Result<Option<TokenStream>, Error> {
        let checks = match field.kind() {
            Kind::Message(message) => {
                self.unsupported_if_any(field, rules, "message")?;
                if self.is_checked(&message, &mut Vec::new())? {
                    let runtime = self.runtime;
                    Some(quote!(#runtime::validate::Validate::check(value, checker);))
                } else {
                    None
                }
            }
            kind => self.scalar(field, &kind, rules, "")?,
        };
        Ok(checks.map(|checks| quote!(checker.field(FIELD, |checker| { #checks });)))
    }

    fn list(
        &self,
        field: &FieldDescriptor,
        rules: &FieldRules,
    ) -> Result<Option<TokenStream>, Error> {
        let runtime = self.runtime;
        let ident = snake(field.name());
        let mut of_list = Vec::new();
        let mut items = FieldRules::default();
        for (name, value) in rules.of_type(field, "repeated")? {
            match (name.as_str(), value) {
                ("min_items", Value::U64(min)) => of_list.push(quote!(#runtime::validate::rules::min_items(checker, #runtime::validate::rules::REPEATED, self.#ident.len(), #min);)),
                ("max_items", Value::U64(max)) => of_list.push(quote!(#runtime::validate::rules::max_items(checker, #runtime::validate::rules::REPEATED, self.#ident.len(), #max);)),
                ("items", Value::Message(rules)) => items = FieldRules::read(field, &rules)?,
                _ => return Err(unsupported(field.full_name(), format!("repeated.{name}"))),
            }
        }
        let of_element = match field.kind() {
            Kind::Message(message) => {
                self.unsupported_if_any(field, &items, "repeated.items")?;
                self.is_checked(&message, &mut Vec::new())?
                    .then(|| quote!(#runtime::validate::Validate::check(value, checker);))
            }
            kind => self.scalar(field, &kind, &items, "ITEMS_")?,
        };
        if items.ignore != Ignore::Never || items.required {
            return Err(unsupported(field.full_name(), "repeated.items.ignore"));
        }
        if of_list.is_empty() && of_element.is_none() {
            return Ok(None);
        }
        let of_list = (!of_list.is_empty())
            .then(|| quote!(checker.field(FIELD, |checker| { #(#of_list)* });));
        let of_elements = of_element.map(|checks| {
            quote! {
                for (index, value) in self.#ident.iter().enumerate() {
                    checker.element(FIELD, index, |checker| { #checks });
                }
            }
        });
        Ok(Some(quote!(#of_list #of_elements)))
    }

    /// The checks of a scalar or enum `value`, a reference; `scope` is the prefix of the scope's constant.
    fn scalar(
        &self,
        field: &FieldDescriptor,
        kind: &Kind,
        rules: &FieldRules,
        scope: &str,
    ) -> Result<Option<TokenStream>, Error> {
        let (type_name, scope_name) = match kind {
            Kind::String => ("string", "STRING"),
            Kind::Int32 => ("int32", "INT32"),
            Kind::Enum(_) => ("enum", "ENUM"),
            _ => {
                self.unsupported_if_any(field, rules, "a rule for this type")?;
                return Ok(None);
            }
        };
        let runtime = self.runtime;
        let rules_path = quote!(#runtime::validate::rules);
        let scope = format_ident!("{scope}{scope_name}");
        let mut checks = Vec::new();
        let (mut lower, mut upper) = (None, None);
        for (name, value) in rules.of_type(field, type_name)? {
            match (type_name, name.as_str(), value) {
                ("string", "min_len", Value::U64(min)) => checks
                    .push(quote!(#rules_path::min_len(checker, #rules_path::#scope, value, #min);)),
                ("string", "max_len", Value::U64(max)) => checks
                    .push(quote!(#rules_path::max_len(checker, #rules_path::#scope, value, #max);)),
                ("string", "uuid", Value::Bool(true)) => {
                    checks.push(quote!(#rules_path::uuid(checker, #rules_path::#scope, value);))
                }
                ("string", "uuid", Value::Bool(false))
                | ("enum", "defined_only", Value::Bool(false)) => {}
                ("enum", "defined_only", Value::Bool(true)) => {
                    let Kind::Enum(enumeration) = kind else {
                        continue;
                    };
                    if enumeration.package_name() != self.package {
                        return Err(Error::UnknownType(enumeration.full_name().to_owned()));
                    }
                    let enumeration = enum_path(enumeration);
                    checks.push(quote!(#rules_path::defined_only::<#enumeration>(checker, #rules_path::#scope, *value);));
                }
                ("int32", "gt", Value::I32(min)) => {
                    lower = Some(quote!(#rules_path::Bound::Exclusive(#min)))
                }
                ("int32", "gte", Value::I32(min)) => {
                    lower = Some(quote!(#rules_path::Bound::Inclusive(#min)))
                }
                ("int32", "lt", Value::I32(max)) => {
                    upper = Some(quote!(#rules_path::Bound::Exclusive(#max)))
                }
                ("int32", "lte", Value::I32(max)) => {
                    upper = Some(quote!(#rules_path::Bound::Inclusive(#max)))
                }
                _ => {
                    return Err(unsupported(
                        field.full_name(),
                        format!("{type_name}.{name}"),
                    ));
                }
            }
        }
        if lower.is_some() || upper.is_some() {
            let (lower, upper) = (option(lower), option(upper));
            checks.push(quote!(#rules_path::int32_range(checker, #rules_path::#scope, *value, #lower, #upper);));
        }
        Ok((!checks.is_empty()).then(|| quote!(#(#checks)*)))
    }

    /// Whether a message, or one inside it, has a rule; messages of other packages have none that are known here.
    fn is_checked(
        &self,
        message: &MessageDescriptor,
        seen: &mut Vec<String>,
    ) -> Result<bool, Error> {
        if message.package_name() != self.package
            || seen.iter().any(|name| name == message.full_name())
        {
            return Ok(false);
        }
        seen.push(message.full_name().to_owned());
        if self.rules.is_disabled(message)? {
            return Ok(false);
        }
        for field in message.fields() {
            let rules = self.rules.of_field(&field)?;
            if rules.required || !rules.of_types.is_empty() {
                return Ok(true);
            }
            if let (Kind::Message(inner), false) = (field.kind(), rules.ignore == Ignore::Always)
                && self.is_checked(&inner, seen)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn unsupported_if_any(
        &self,
        field: &FieldDescriptor,
        rules: &FieldRules,
        what: &str,
    ) -> Result<Option<TokenStream>, Error> {
        match rules.of_types.first() {
            Some((name, _)) => Err(unsupported(field.full_name(), format!("{name} ({what})"))),
            None => Ok(None),
        }
    }

    fn field_constant(&self, field: &FieldDescriptor) -> TokenStream {
        let runtime = self.runtime;
        let (number, name) = (field.number() as i32, field.name());
        let kind = format!("{:?}", field.field_descriptor_proto().r#type());
        let kind = format_ident!("{kind}");
        quote!(#runtime::validate::Field::new(#number, #name, #runtime::validate::Type::#kind))
    }
}

fn is_populated(field: &FieldDescriptor, ident: &proc_macro2::Ident) -> TokenStream {
    match field.kind() {
        _ if field.is_list() || field.is_map() => quote!(!self.#ident.is_empty()),
        Kind::String | Kind::Bytes => quote!(!self.#ident.is_empty()),
        Kind::Bool => quote!(self.#ident),
        Kind::Float | Kind::Double => quote!(self.#ident != 0.0),
        _ => quote!(self.#ident != 0),
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn unsupported(place: &str, rule: impl Into<String>) -> Error {
    Error::UnsupportedRule {
        place: place.to_owned(),
        rule: rule.into(),
    }
}

/// The extensions that carry rules; a descriptor set without `buf/validate/validate.proto` has none.
struct Rules {
    message: Option<ExtensionDescriptor>,
    oneof: Option<ExtensionDescriptor>,
    field: Option<ExtensionDescriptor>,
}

impl Rules {
    fn new(descriptors: &Descriptors) -> Self {
        let extension = |name: &str| descriptors.pool().get_extension_by_name(name);
        Self {
            message: extension("buf.validate.message"),
            oneof: extension("buf.validate.oneof"),
            field: extension("buf.validate.field"),
        }
    }

    fn is_disabled(&self, message: &MessageDescriptor) -> Result<bool, Error> {
        for oneof in message.oneofs() {
            if let Some(extension) = self
                .oneof
                .as_ref()
                .filter(|oneof_rules| oneof.options().has_extension(oneof_rules))
            {
                return Err(unsupported(oneof.full_name(), extension.name()));
            }
        }
        let mut disabled = false;
        for (name, value) in extension_fields(&message.options(), self.message.as_ref()) {
            match (name.as_str(), value) {
                ("disabled", Value::Bool(value)) => disabled = value,
                _ => return Err(unsupported(message.full_name(), name)),
            }
        }
        Ok(disabled)
    }

    fn of_field(&self, field: &FieldDescriptor) -> Result<FieldRules, Error> {
        FieldRules::from_fields(
            field,
            extension_fields(&field.options(), self.field.as_ref()),
        )
    }
}

/// The fields that are set in an option's message.
fn extension_fields(
    options: &DynamicMessage,
    extension: Option<&ExtensionDescriptor>,
) -> Vec<(String, Value)> {
    let Some(extension) = extension.filter(|extension| options.has_extension(extension)) else {
        return Vec::new();
    };
    match options.get_extension(extension).as_message() {
        Some(rules) => set_fields(rules),
        None => Vec::new(),
    }
}

fn set_fields(message: &DynamicMessage) -> Vec<(String, Value)> {
    message
        .fields()
        .map(|(field, value)| (field.name().to_owned(), value.clone()))
        .collect()
}

/// `buf.validate.FieldRules` of one field.
#[derive(Default)]
struct FieldRules {
    required: bool,
    ignore: Ignore,
    /// The rules of the field's type: `("string", rules)`.
    of_types: Vec<(String, DynamicMessage)>,
}

/// `buf.validate.Ignore`.
#[derive(Clone, Copy, Default, PartialEq)]
enum Ignore {
    #[default]
    Never,
    IfUnpopulated,
    Always,
}

impl FieldRules {
    fn read(field: &FieldDescriptor, rules: &DynamicMessage) -> Result<Self, Error> {
        Self::from_fields(field, set_fields(rules))
    }

    fn from_fields(field: &FieldDescriptor, fields: Vec<(String, Value)>) -> Result<Self, Error> {
        let mut rules = Self::default();
        for (name, value) in fields {
            match (name.as_str(), value) {
                ("required", Value::Bool(required)) => rules.required = required,
                ("ignore", Value::EnumNumber(0)) => rules.ignore = Ignore::Never,
                ("ignore", Value::EnumNumber(1)) => rules.ignore = Ignore::IfUnpopulated,
                ("ignore", Value::EnumNumber(3)) => rules.ignore = Ignore::Always,
                ("string" | "int32" | "enum" | "repeated", Value::Message(of_type)) => {
                    rules.of_types.push((name, of_type));
                }
                _ => return Err(unsupported(field.full_name(), name)),
            }
        }
        Ok(rules)
    }

    /// The rules for a type, which has to be the type of the field.
    fn of_type(
        &self,
        field: &FieldDescriptor,
        type_name: &str,
    ) -> Result<Vec<(String, Value)>, Error> {
        let mut fields = Vec::new();
        for (name, rules) in &self.of_types {
            if name != type_name {
                return Err(unsupported(
                    field.full_name(),
                    format!("{name} on a field of another type"),
                ));
            }
            fields.extend(set_fields(rules));
        }
        Ok(fields)
    }
}
