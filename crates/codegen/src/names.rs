//! The names that prost gives to protobuf's things, and pbjson expects.

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use proc_macro2::{Ident, Span, TokenStream};
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};
use quote::quote;

use crate::Error;

/// `runner_id`, or `r#type` for a name that Rust reserves.
pub(crate) fn snake(name: &str) -> Ident {
    identifier(&name.to_snake_case())
}

/// `ScmIntegration` for `SCMIntegration`.
pub(crate) fn upper_camel(name: &str) -> Ident {
    identifier(&name.to_upper_camel_case())
}

fn identifier(name: &str) -> Ident {
    match name {
        // No raw identifiers: prost appends an underscore.
        "self" | "super" | "extern" | "crate" | "Self" => {
            Ident::new(&format!("{name}_"), Span::call_site())
        }
        // Reserved since edition 2024, which syn's parser does not assume.
        "gen" => Ident::new_raw(name, Span::call_site()),
        _ if name.starts_with(|first: char| first.is_numeric()) => {
            Ident::new(&format!("_{name}"), Span::call_site())
        }
        _ => syn::parse_str(name).unwrap_or_else(|_| Ident::new_raw(name, Span::call_site())),
    }
}

/// The path of a message inside its package's module: `list_runners_request::Filter`.
pub(crate) fn message_path(message: &MessageDescriptor) -> TokenStream {
    nested_path(message.parent_message(), message.name())
}

/// The path of an enum inside its package's module.
pub(crate) fn enum_path(enumeration: &EnumDescriptor) -> TokenStream {
    nested_path(enumeration.parent_message(), enumeration.name())
}

/// The path of the Rust enum of a oneof inside its package's module.
pub(crate) fn oneof_path(oneof: &OneofDescriptor) -> TokenStream {
    nested_path(Some(oneof.parent_message().clone()), oneof.name())
}

fn nested_path(parent: Option<MessageDescriptor>, name: &str) -> TokenStream {
    let name = upper_camel(name);
    let mut path = quote!(#name);
    let mut parent = parent;
    while let Some(message) = parent {
        let module = snake(message.name());
        path = quote!(#module::#path);
        parent = message.parent_message();
    }
    path
}

/// The fields in the order of the .proto file; prost-reflect orders them by number.
pub(crate) fn declared_fields(message: &MessageDescriptor) -> Vec<FieldDescriptor> {
    let mut fields: Vec<_> = message.fields().collect();
    fields.sort_by_key(|field| field.path().last().copied());
    fields
}

/// The oneof that a field is a member of; the oneofs that stand for `optional` don't count.
pub(crate) fn real_oneof(field: &FieldDescriptor) -> Option<OneofDescriptor> {
    field
        .containing_oneof()
        .filter(|oneof| !oneof.is_synthetic())
}

/// Tokens as text, to compare and to report code.
pub(crate) fn text(tokens: &impl quote::ToTokens) -> String {
    tokens.to_token_stream().to_string()
}

/// A Rust path from an option of the build script.
pub(crate) fn rust_path(path: &str) -> Result<syn::Path, Error> {
    syn::parse_str(path).map_err(|source| Error::Syntax {
        place: format!("the Rust path `{path}`"),
        source,
    })
}

/// Where the types that a package uses are in Rust.
pub(crate) struct Types<'a> {
    pub(crate) package: &'a str,
    /// The protobuf names of packages and types that exist elsewhere, and their Rust paths.
    pub(crate) extern_paths: &'a [(String, String)],
}

impl Types<'_> {
    /// Fails where a field has a type that has no known place: prost would silently take one that does not exist.
    pub(crate) fn require_all(&self, messages: &[MessageDescriptor]) -> Result<(), Error> {
        for field in messages.iter().flat_map(MessageDescriptor::fields) {
            let kind = match field.kind() {
                Kind::Message(entry) if entry.is_map_entry() => {
                    entry.map_entry_value_field().kind()
                }
                kind => kind,
            };
            let (package, name) = match &kind {
                Kind::Message(message) => (message.package_name(), message.full_name()),
                Kind::Enum(enumeration) => (enumeration.package_name(), enumeration.full_name()),
                _ => continue,
            };
            if package != self.package && self.extern_path(name).is_none() {
                return Err(Error::UnknownType(name.to_owned()));
            }
        }
        Ok(())
    }

    /// The path of an enum from the module of the package.
    pub(crate) fn enumeration(&self, enumeration: &EnumDescriptor) -> Result<TokenStream, Error> {
        if enumeration.package_name() == self.package {
            return Ok(enum_path(enumeration));
        }
        let name = enumeration.full_name();
        let Some((rust, rest)) = self.extern_path(name) else {
            return Err(Error::UnknownType(name.to_owned()));
        };
        let mut path = rust_path(rust)?;
        let names: Vec<&str> = rest.split('.').filter(|name| !name.is_empty()).collect();
        if let Some((name, modules)) = names.split_last() {
            let modules = modules.iter().map(|module| snake(module));
            let segments = modules.chain([upper_camel(name)]);
            path.segments.extend(segments.map(syn::PathSegment::from));
        }
        Ok(quote!(#path))
    }

    /// The longest known path that a full name begins with, and the rest of the name.
    fn extern_path<'n>(&self, full_name: &'n str) -> Option<(&str, &'n str)> {
        self.extern_paths
            .iter()
            .filter_map(|(proto, rust)| {
                let rest = full_name.strip_prefix(proto.strip_prefix('.')?)?;
                (rest.is_empty() || rest.starts_with('.')).then_some((rust.as_str(), rest))
            })
            .min_by_key(|(_, rest)| rest.len())
    }
}
