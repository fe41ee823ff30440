//! `Debug` for the messages and oneofs with fields marked `debug_redact`, in place of the derived one.

use proc_macro2::TokenStream;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor};
use quote::quote;

use crate::Error;
use crate::names::{
    Types, declared_fields, message_path, oneof_path, real_oneof, snake, text, upper_camel,
};

/// Tells prost what not to derive `Debug` for.
pub(crate) fn leave_out(config: &mut prost_build::Config, messages: &[MessageDescriptor]) {
    let own: Vec<_> = messages.iter().filter(|message| is_own(message)).collect();
    config.skip_debug(own.iter().map(|message| full_path(message.full_name())));
    // prost takes a message's name to include the enums inside it, for which the derived one is right.
    for enumeration in own.iter().flat_map(|message| message.child_enums()) {
        config.enum_attribute(full_path(enumeration.full_name()), "#[derive(Debug)]");
    }
}

fn full_path(name: &str) -> String {
    format!(".{name}")
}

/// The implementations for a message that was left out, and for its oneofs.
pub(crate) fn generate(
    message: &MessageDescriptor,
    types: &Types<'_>,
    runtime: &syn::Path,
) -> Result<TokenStream, Error> {
    if !is_own(message) {
        return Ok(TokenStream::new());
    }
    let itself = message_debug(message, types, runtime)?;
    let oneofs = message
        .oneofs()
        .filter(|oneof| !oneof.is_synthetic())
        .map(|oneof| oneof_debug(&oneof, types, runtime))
        .collect::<Result<TokenStream, _>>()?;
    Ok(quote!(#itself #oneofs))
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

fn message_debug(
    message: &MessageDescriptor,
    types: &Types<'_>,
    runtime: &syn::Path,
) -> Result<TokenStream, Error> {
    let path = message_path(message);
    let name = text(&upper_camel(message.name()));
    let fields = declared_fields(message)
        .iter()
        .filter(|field| real_oneof(field).is_none())
        .map(|field| {
            let (name, value) = (field.name(), field_value(field, types, runtime)?);
            Ok(quote!(.field(#name, &#value)))
        })
        .collect::<Result<TokenStream, Error>>()?;
    let oneofs = message
        .oneofs()
        .filter(|oneof| !oneof.is_synthetic())
        .map(|oneof| {
            let (name, ident) = (oneof.name(), snake(oneof.name()));
            quote!(.field(#name, &self.#ident))
        });
    Ok(quote! {
        impl ::core::fmt::Debug for #path {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name) #fields #(#oneofs)* .finish()
            }
        }
    })
}

/// What is shown of a field outside of oneofs: whether it is set, or its value.
fn field_value(
    field: &FieldDescriptor,
    types: &Types<'_>,
    runtime: &syn::Path,
) -> Result<TokenStream, Error> {
    let ident = snake(field.name());
    let in_option = field.supports_presence();
    if is_redacted(field) {
        return Ok(if in_option {
            quote!(self.#ident.as_ref().map(|_| #runtime::Redacted))
        } else {
            quote!(#runtime::Redacted)
        });
    }
    let Kind::Enum(enumeration) = field.kind() else {
        return Ok(quote!(self.#ident));
    };
    let named = named_number(&types.enumeration(&enumeration)?, runtime);
    Ok(if field.is_list() {
        quote!(self.#ident.iter().copied().map(#named).collect::<::std::vec::Vec<_>>())
    } else if in_option {
        quote!(self.#ident.map(#named))
    } else {
        quote!(#named(self.#ident))
    })
}

/// The constructor of what shows an enum's number by its name, as derived implementations do.
fn named_number(enumeration: &TokenStream, runtime: &syn::Path) -> TokenStream {
    quote!(#runtime::__private::NamedNumber::<#enumeration>::new)
}

fn oneof_debug(
    oneof: &OneofDescriptor,
    types: &Types<'_>,
    runtime: &syn::Path,
) -> Result<TokenStream, Error> {
    let path = oneof_path(oneof);
    let variants = oneof
        .fields()
        .map(|field| {
            let variant = upper_camel(field.name());
            let name = text(&variant);
            let value = if is_redacted(&field) {
                return Ok(quote! {
                    Self::#variant(_) => f.debug_tuple(#name).field(&#runtime::Redacted).finish(),
                });
            } else if let Kind::Enum(enumeration) = field.kind() {
                let named = named_number(&types.enumeration(&enumeration)?, runtime);
                quote!(&#named(*value))
            } else {
                quote!(value)
            };
            Ok(quote!(Self::#variant(value) => f.debug_tuple(#name).field(#value).finish(),))
        })
        .collect::<Result<TokenStream, Error>>()?;
    Ok(quote! {
        impl ::core::fmt::Debug for #path {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self { #variants }
            }
        }
    })
}
