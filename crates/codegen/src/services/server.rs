//! The trait of a service and what calls it.

use proc_macro2::TokenStream;
use prost_reflect::{Kind, MessageDescriptor, ServiceDescriptor};
use quote::{format_ident, quote};

use super::{Services, has_no_side_effects, method_docs, service_docs};
use crate::Error;
use crate::names::{real_oneof, snake, upper_camel};

pub(super) fn generate(
    services: &Services<'_>,
    service: &ServiceDescriptor,
) -> Result<TokenStream, Error> {
    let runtime = &services.server_path;
    let name = upper_camel(service.name());
    let dispatcher = format_ident!("{name}Dispatcher");
    let tonic_module = format_ident!("{}_server", snake(service.name()));
    let full_name = service.full_name();
    let docs = service_docs(service);

    let (mut declarations, mut for_arc, mut for_tonic) = (Vec::new(), Vec::new(), Vec::new());
    let (mut methods, mut names, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    for (index, method) in services.methods(service)?.into_iter().enumerate() {
        let ident = snake(method.name());
        let (rpc, get) = (method.name(), has_no_side_effects(&method));
        let request = services.message(&method.input())?;
        let response = services.message(&method.output())?;
        let docs = method_docs(&method);
        let url_parameters = url_parameters(services, &method.input(), &request);
        let signature = quote! {
            fn #ident(
                &self,
                request: #runtime::__private::tonic::Request<#request>,
            ) -> impl ::core::future::Future<
                Output = ::core::result::Result<#runtime::Reply<#response>, #runtime::__private::tonic::Status>,
            > + ::core::marker::Send
        };
        declarations.push(quote!(#docs #signature;));
        for_arc.push(quote!(#signature { T::#ident(self, request) }));
        for_tonic.push(quote! {
            #signature {
                async { T::#ident(&self.0, request).await.map(::core::convert::Into::into) }
            }
        });
        methods.push(quote!(#runtime::Method { name: #rpc, no_side_effects: #get }));
        names.push(quote!(#rpc => ::core::option::Option::Some(#index)));
        calls.push(quote! {
            #index => call.unary(#url_parameters, |request| self.0.#ident(request))
        });
    }
    Ok(quote! {
        #docs
        ///
        /// Implemented by whoever serves it; every method is one RPC.
        pub trait #name: ::core::marker::Send + ::core::marker::Sync + 'static {
            #(#declarations)*
        }

        impl<T: #name> #name for ::std::sync::Arc<T> {
            #(#for_arc)*
        }

        impl<T: #tonic_module::#name> #name for #runtime::FromTonic<T> {
            #(#for_tonic)*
        }

        /// Calls the methods of an implementation by the names of the RPCs.
        pub struct #dispatcher<T>(T);

        impl<T: #name> #dispatcher<T> {
            /// For this implementation.
            pub fn new(implementation: T) -> Self {
                Self(implementation)
            }
        }

        impl<T: #name> #runtime::Dispatch for #dispatcher<T> {
            const SERVICE: &'static str = #full_name;

            const METHODS: &'static [#runtime::Method] = &[#(#methods),*];

            fn find(name: &str) -> ::core::option::Option<usize> {
                match name {
                    #(#names,)*
                    _ => ::core::option::Option::None,
                }
            }

            fn call<'c>(&'c self, method: usize, call: #runtime::Call<'c>) -> #runtime::Answer<'c> {
                match method {
                    #(#calls,)*
                    _ => call.unimplemented(),
                }
            }
        }
    })
}

/// A function that fills the fields of a request for which there are URL parameters.
fn url_parameters(
    services: &Services<'_>,
    request: &MessageDescriptor,
    rust_type: &TokenStream,
) -> TokenStream {
    let fills: Vec<_> = services
        .url_parameters
        .iter()
        .filter_map(|(parameter, path)| fill(parameter, request, path))
        .collect();
    if fills.is_empty() {
        return quote!(::core::option::Option::None);
    }
    let runtime = &services.server_path;
    quote! {
        ::core::option::Option::Some(|message: &mut #rust_type, query: #runtime::Query<'_>| {
            #(#fills)*
            ::core::result::Result::Ok(())
        })
    }
}

/// The statement for one parameter; `None` where the request has no such field.
fn fill(parameter: &str, request: &MessageDescriptor, path: &[String]) -> Option<TokenStream> {
    let mut place = quote!(message);
    let mut message = request.clone();
    let (last, parents) = path.split_last()?;
    for name in parents {
        let field = message.get_field_by_name(name)?;
        let Kind::Message(inner) = field.kind() else {
            return None;
        };
        if field.is_list() || real_oneof(&field).is_some() {
            return None;
        }
        let ident = snake(name);
        place = quote!(#place.#ident.get_or_insert_default());
        message = inner;
    }
    let field = message.get_field_by_name(last)?;
    let read = match field.kind() {
        Kind::String => format_ident!("string"),
        Kind::Int32 => format_ident!("int32"),
        _ => return None,
    };
    if field.is_list() || field.supports_presence() {
        return None;
    }
    let ident = snake(last);
    Some(quote! {
        if let ::core::option::Option::Some(value) = query.#read(#parameter)? {
            #place.#ident = value;
        }
    })
}
