//! `Debug` for the messages and oneofs with fields marked `debug_redact`, in place of the derived one.

use proc_macro2::TokenStream;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};
use quote::quote;

use crate::names::{enum_path, message_path, oneof_path, real_oneof, snake, text, upper_camel};

/// The full name, where prost must not derive `Debug`; prost takes it to include everything inside the message.
pub(crate) fn redacted(message: &MessageDescriptor) -> Option<String> {
    is_own(message).then(|| format!(".{}", message.full_name()))
}

/// The implementations for a message of which [`redacted`] gives the name, and for what is inside it.
pub(crate) fn generate(message: &MessageDescriptor, runtime: &syn::Path) -> TokenStream {
    if !is_own(message) {
        return TokenStream::new();
    }
    let itself = message_debug(message, runtime);
    let oneofs = message
        .oneofs()
        .filter(|oneof| !oneof.is_synthetic())
        .map(|oneof| oneof_debug(&oneof, runtime));
    let enumerations = message.child_enums().map(|enumeration| {
        let path = enum_path(&enumeration);
        quote! {
            impl ::core::fmt::Debug for #path {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.write_str(self.as_str_name())
                }
            }
        }
    });
    quote! { #itself #(#oneofs)* #(#enumerations)* }
}

/// Whether the message, or one around it, has a field to hide.
fn is_own(message: &MessageDescriptor) -> bool {
    message.fields().any(|field| is_redacted(&field))
        || message
            .parent_message()
            .is_some_and(|parent| is_own(&parent))
}

fn is_redacted(field: &FieldDescriptor) -> bool {
    field
        .options()
        .get_field_by_name("debug_redact")
        .is_some_and(|value| value.as_bool() == Some(true))
}

fn message_debug(message: &MessageDescriptor, runtime: &syn::Path) -> TokenStream {
    let path = message_path(message);
    let name = text(&upper_camel(message.name()));
    let fields = message
        .fields()
        .filter(|field| real_oneof(field).is_none())
        .map(|field| {
            let ident = snake(field.name());
            let name = field.name();
            let value = if is_redacted(&field) {
                if field.supports_presence() {
                    quote!(self.#ident.as_ref().map(|_| #runtime::Redacted))
                } else {
                    quote!(#runtime::Redacted)
                }
            } else if let (Kind::Enum(enumeration), false) =
                (field.kind(), field.is_list() || field.supports_presence())
            {
                let enumeration = enum_path(&enumeration);
                quote!(#enumeration::try_from(self.#ident))
            } else {
                quote!(self.#ident)
            };
            quote!(.field(#name, &#value))
        });
    let oneofs = message
        .oneofs()
        .filter(|oneof| !oneof.is_synthetic())
        .map(|oneof| {
            let ident = snake(oneof.name());
            let name = oneof.name();
            quote!(.field(#name, &self.#ident))
        });
    quote! {
        impl ::core::fmt::Debug for #path {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name) #(#fields)* #(#oneofs)* .finish()
            }
        }
    }
}

fn oneof_debug(oneof: &OneofDescriptor, runtime: &syn::Path) -> TokenStream {
    let path = oneof_path(oneof);
    let variants = oneof.fields().map(|field| {
        let variant = upper_camel(field.name());
        let name = text(&variant);
        if is_redacted(&field) {
            quote!(Self::#variant(_) => f.debug_tuple(#name).field(&#runtime::Redacted).finish())
        } else if let Kind::Enum(enumeration) = field.kind() {
            let enumeration = enum_path(&enumeration);
            quote! {
                Self::#variant(number) => {
                    f.debug_tuple(#name).field(&#enumeration::try_from(*number)).finish()
                }
            }
        } else {
            quote!(Self::#variant(value) => f.debug_tuple(#name).field(value).finish())
        }
    });
    quote! {
        impl ::core::fmt::Debug for #path {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self { #(#variants,)* }
            }
        }
    }
}
