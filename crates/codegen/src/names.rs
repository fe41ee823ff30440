//! The names that prost gives to protobuf's things, and pbjson expects.

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use proc_macro2::{Ident, Span, TokenStream};
use prost_reflect::{EnumDescriptor, FieldDescriptor, MessageDescriptor, OneofDescriptor};
use quote::quote;

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
