//! Service glue.

mod client;
mod server;
mod tonic;

use proc_macro2::TokenStream;
use prost_reflect::{MessageDescriptor, MethodDescriptor, ServiceDescriptor};
use prost_types::method_options::IdempotencyLevel;
use quote::quote;

use crate::Error;
use crate::descriptors::Descriptors;
use crate::messages::write_rust;
use crate::names::message_path;

/// Generates the glue of services whose messages exist already.
pub struct Services<'a> {
    descriptors: &'a Descriptors,
    /// Packages and the Rust modules that hold their messages.
    packages: Vec<(String, syn::Path)>,
    server_path: syn::Path,
    client_path: syn::Path,
    /// URL parameters and the field paths that they fill.
    url_parameters: Vec<(String, Vec<String>)>,
}

impl<'a> Services<'a> {
    /// A generator of the services of these descriptors; packages have to be named.
    pub fn new(descriptors: &'a Descriptors) -> Self {
        Self {
            descriptors,
            packages: Vec::new(),
            server_path: syn::parse_quote!(::runner_configuration_server::rpc),
            client_path: syn::parse_quote!(::runner_configuration_client::rpc),
            url_parameters: Vec::new(),
        }
    }

    /// Generates for the services of this package, whose messages are in this Rust module.
    ///
    /// # Panics
    ///
    /// Where `rust` is no Rust path.
    pub fn package(mut self, proto: impl Into<String>, rust: &str) -> Self {
        self.packages.push((proto.into(), path(rust)));
        self
    }

    /// The Rust path of the server's run-time part, where it is not `::runner_configuration_server::rpc`.
    ///
    /// # Panics
    ///
    /// Where `rust` is no Rust path.
    pub fn server_path(mut self, rust: &str) -> Self {
        self.server_path = path(rust);
        self
    }

    /// The Rust path of the client's run-time part, where it is not `::runner_configuration_client::rpc`.
    ///
    /// # Panics
    ///
    /// Where `rust` is no Rust path.
    pub fn client_path(mut self, rust: &str) -> Self {
        self.client_path = path(rust);
        self
    }

    /// Lets a parameter of the URL's query override a field, given as a path such as `pagination.token`, of every
    /// request that has it, before it is validated. `string` and `int32` fields are supported.
    pub fn url_parameter(mut self, parameter: impl Into<String>, field: &str) -> Self {
        let field = field.split('.').map(str::to_owned).collect();
        self.url_parameters.push((parameter.into(), field));
        self
    }

    /// Generates `PACKAGE.server.rs` in `OUT_DIR`: for every service a trait, a dispatcher for it, tonic's trait and
    /// service, and an adapter for implementations of tonic's trait.
    ///
    /// The generated text names the crates `tonic` and `tonic_prost`.
    ///
    /// # Errors
    ///
    /// An unknown package, a streaming RPC, or messages of a package that was not named.
    pub fn server(&self) -> Result<(), Error> {
        for (package, _) in &self.packages {
            let glue = self.each_service(package, |service| server::generate(self, service))?;
            let tonic = tonic::servers(self, package)?;
            write_rust(&format!("{package}.server.rs"), quote!(#glue #tonic))?;
        }
        Ok(())
    }

    /// Generates `PACKAGE.client.rs` in `OUT_DIR`: for every service a client with a method per RPC.
    ///
    /// # Errors
    ///
    /// As [`server`](Self::server).
    pub fn client(&self) -> Result<(), Error> {
        for (package, _) in &self.packages {
            let clients = self.each_service(package, |service| client::generate(self, service))?;
            write_rust(&format!("{package}.client.rs"), clients)?;
        }
        Ok(())
    }

    fn each_service(
        &self,
        package: &str,
        generate: impl Fn(&ServiceDescriptor) -> Result<TokenStream, Error>,
    ) -> Result<TokenStream, Error> {
        self.descriptors.require_package(package)?;
        let services = self.descriptors.pool().services();
        services
            .filter(|service| service.package_name() == package)
            .map(|service| generate(&service))
            .collect()
    }

    /// The Rust path of a message.
    fn message(&self, message: &MessageDescriptor) -> Result<TokenStream, Error> {
        let package = message.package_name();
        match self.packages.iter().find(|(known, _)| known == package) {
            Some((_, module)) => {
                let name = message_path(message);
                Ok(quote!(#module::#name))
            }
            None => Err(Error::UnknownType(message.full_name().to_owned())),
        }
    }
}

fn path(rust: &str) -> syn::Path {
    match syn::parse_str(rust) {
        Ok(path) => path,
        Err(error) => panic!("`{rust}` is no Rust path: {error}"),
    }
}

fn has_no_side_effects(method: &MethodDescriptor) -> bool {
    let options = method.method_descriptor_proto().options.as_ref();
    options.is_some_and(|options| options.idempotency_level() == IdempotencyLevel::NoSideEffects)
}

fn require_unary(method: &MethodDescriptor) -> Result<(), Error> {
    if method.is_client_streaming() || method.is_server_streaming() {
        return Err(Error::Streaming(method.full_name().to_owned()));
    }
    Ok(())
}

/// The comment before a service or method, as attributes; `fallback` where there is none.
fn docs(file: &prost_reflect::FileDescriptor, path: &[i32], fallback: &str) -> TokenStream {
    let source_info = file.file_descriptor_proto().source_code_info.as_ref();
    let comment = source_info
        .and_then(|info| info.location.iter().find(|location| location.path == path))
        .and_then(|location| location.leading_comments.as_deref())
        .unwrap_or(fallback);
    let lines = comment
        .trim_end()
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line));
    let lines = lines.map(|line| {
        if line.is_empty() {
            String::new()
        } else {
            format!(" {line}")
        }
    });
    quote!(#(#[doc = #lines])*)
}

fn service_docs(service: &ServiceDescriptor) -> TokenStream {
    docs(
        &service.parent_file(),
        service.path(),
        &format!(" The service `{}`.", service.full_name()),
    )
}

fn method_docs(method: &MethodDescriptor) -> TokenStream {
    let file = method.parent_service().parent_file();
    docs(
        &file,
        method.path(),
        &format!(" The RPC `{}`.", method.name()),
    )
}
