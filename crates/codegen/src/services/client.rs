//! The client of a service.

mod examples;

use proc_macro2::TokenStream;
use prost_reflect::ServiceDescriptor;
use quote::{format_ident, quote};

use super::{Services, has_no_side_effects, method_docs, service_docs};
use crate::Error;
use crate::names::{snake, upper_camel};
use examples::Examples;

pub(super) fn generate(
    services: &Services<'_>,
    service: &ServiceDescriptor,
) -> Result<TokenStream, Error> {
    let runtime = &services.client_path;
    let name = format_ident!("{}Client", upper_camel(service.name()));
    let docs = service_docs(service);
    let examples = Examples::new(services, &name.to_string());
    let mut methods = Vec::new();
    for method in services.methods(service)? {
        let ident = snake(method.name());
        let request = services.message(&method.input())?;
        let response = services.message(&method.output())?;
        let path = format!("/{}/{}", service.full_name(), method.name());
        let no_side_effects = has_no_side_effects(&method);
        let docs = method_docs(&method);
        let example = examples.call(&ident.to_string(), &request, &response);
        methods.push(quote! {
            #docs
            ///
            /// The call is made when it is awaited; its error is what the server answers, or why no answer came.
            #example
            pub fn #ident(
                &self,
                request: impl ::core::convert::Into<#request>,
            ) -> #runtime::Call<#request, #response> {
                const RPC: #runtime::Rpc = #runtime::Rpc::new(#path, #no_side_effects);
                self.channel.call(RPC, request.into())
            }
        });
    }
    let (of_client, of_new, of_channel) =
        (examples.client(), examples.new_client(), examples.channel());
    Ok(quote! {
        #docs
        ///
        /// A client: every method is one RPC. Clones share the connections.
        #of_client
        #[derive(Clone, Debug)]
        pub struct #name {
            channel: #runtime::Channel,
        }

        impl #name {
            /// A client whose calls go through this channel.
            #of_new
            pub fn new(channel: #runtime::Channel) -> Self {
                Self { channel }
            }

            /// The channel of this client's calls.
            #of_channel
            pub fn channel(&self) -> &#runtime::Channel {
                &self.channel
            }

            #(#methods)*
        }
    })
}
