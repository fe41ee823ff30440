//! `Enumeration` for every enum.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use prost_reflect::EnumDescriptor;
use quote::quote;

use crate::names::enum_path;

pub(crate) fn generate(enumeration: &EnumDescriptor, runtime: &syn::Path) -> TokenStream {
    let path = enum_path(enumeration);
    // prost only knows the first of several names for a number.
    let mut numbers = HashSet::new();
    let aliases = enumeration
        .enum_descriptor_proto()
        .value
        .iter()
        .filter(|value| !numbers.insert(value.number()))
        .map(|value| {
            let (name, number) = (value.name().to_owned(), value.number());
            quote!(#name => Self::try_from(#number).ok())
        });
    quote! {
        impl #runtime::Enumeration for #path {
            fn from_number(number: i32) -> ::core::option::Option<Self> {
                Self::try_from(number).ok()
            }

            fn from_name(name: &str) -> ::core::option::Option<Self> {
                match name {
                    #(#aliases,)*
                    _ => Self::from_str_name(name),
                }
            }

            fn number(self) -> i32 {
                self as i32
            }

            fn name(self) -> &'static str {
                self.as_str_name()
            }
        }
    }
}
