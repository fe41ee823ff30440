//! Service glue.

mod client;
mod server;
mod tonic;

use std::path::PathBuf;

use proc_macro2::TokenStream;
use prost_reflect::{MessageDescriptor, MethodDescriptor, ServiceDescriptor};
use prost_types::method_options::IdempotencyLevel;
use quote::quote;

use crate::descriptors::Descriptors;
use crate::names::{message_path, rust_path};
use crate::output::{Output, format_code};
use crate::{Error, comments};

/// Generates the glue of services whose messages exist already.
pub struct Services<'a> {
    descriptors: &'a Descriptors,
    /// Packages and the Rust modules that hold their messages.
    packages: Vec<(String, syn::Path)>,
    server_path: syn::Path,
    client_path: syn::Path,
    /// Where clients are public, for examples.
    client_module: Option<syn::Path>,
    /// URL parameters and the field paths that they fill.
    url_parameters: Vec<(String, Vec<String>)>,
    streaming: Streaming,
    output: Output,
    /// A given path that is not Rust, to be reported once code is generated.
    bad_path: Option<String>,
}

/// What becomes of an RPC whose request or response is a stream.
#[derive(Clone, Copy)]
enum Streaming {
    /// It fails the build.
    Refused,
    /// It is left out.
    Skipped,
}

impl<'a> Services<'a> {
    /// A generator of the services of these descriptors; packages have to be named.
    pub fn new(descriptors: &'a Descriptors) -> Self {
        Self {
            descriptors,
            packages: Vec::new(),
            server_path: syn::parse_quote!(::runner_configuration_server::rpc),
            client_path: syn::parse_quote!(::runner_configuration_client::rpc),
            client_module: None,
            url_parameters: Vec::new(),
            streaming: Streaming::Refused,
            output: Output::default(),
            bad_path: None,
        }
    }

    /// Generates for the services of this package, whose messages are in this Rust module.
    pub fn package(mut self, proto: impl Into<String>, rust: &str) -> Self {
        if let Some(rust) = self.path(rust) {
            self.packages.push((proto.into(), rust));
        }
        self
    }

    /// The Rust path of the server's run-time part, where it is not `::runner_configuration_server::rpc`.
    pub fn server_path(mut self, rust: &str) -> Self {
        if let Some(rust) = self.path(rust) {
            self.server_path = rust;
        }
        self
    }

    /// The Rust path of the client's run-time part, where it is not `::runner_configuration_client::rpc`.
    pub fn client_path(mut self, rust: &str) -> Self {
        if let Some(rust) = self.path(rust) {
            self.client_path = rust;
        }
        self
    }

    /// Gives clients and their methods examples, which run as tests of the documentation. For clients that are public in this
    /// Rust module, such as `acme_client`; its crate needs tokio with `macros` and `rt` for its tests.
    pub fn client_examples(mut self, module: &str) -> Self {
        self.client_module = self.path(module);
        self
    }

    /// Lets a parameter of the URL's query override a field, given as a path such as `pagination.token`, of every
    /// request that has it, before it is validated. `string` and `int32` fields are supported.
    pub fn url_parameter(mut self, parameter: impl Into<String>, field: &str) -> Self {
        let field = field.split('.').map(str::to_owned).collect();
        self.url_parameters.push((parameter.into(), field));
        self
    }

    /// Leaves out RPCs whose request or response is a stream, which fail the build otherwise: they are in no trait but
    /// tonic's, and calls of them are answered with `unimplemented`.
    pub fn skip_streaming(mut self) -> Self {
        self.streaming = Streaming::Skipped;
        self
    }

    /// The folder that is written to, where it is not `OUT_DIR`.
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.output = Output::folder(folder.into());
        self
    }

    /// Generates `PACKAGE.server.rs`: for every service a trait, a dispatcher for it, tonic's trait and
    /// service, and an adapter for implementations of tonic's trait.
    ///
    /// The generated text names the crates `tonic` and `tonic_prost`.
    ///
    /// # Errors
    ///
    /// An unknown package, a streaming RPC that is not [skipped](Self::skip_streaming), messages of a package that was
    /// not named, or a path that is not Rust.
    pub fn server(&self) -> Result<(), Error> {
        self.require_paths()?;
        for (package, _) in &self.packages {
            let glue = self.each_service(package, |service| server::generate(self, service))?;
            let tonic = tonic::servers(self, package)?;
            self.write_rust(&format!("{package}.server.rs"), quote!(#glue #tonic))?;
        }
        Ok(())
    }

    /// Generates `PACKAGE.client.rs`: for every service a client with a method per RPC.
    ///
    /// # Errors
    ///
    /// As [`server`](Self::server).
    pub fn client(&self) -> Result<(), Error> {
        self.require_paths()?;
        for (package, _) in &self.packages {
            let clients = self.each_service(package, |service| client::generate(self, service))?;
            self.write_rust(&format!("{package}.client.rs"), clients)?;
        }
        Ok(())
    }

    fn path(&mut self, rust: &str) -> Option<syn::Path> {
        let path = rust_path(rust).ok();
        if path.is_none() {
            self.bad_path = Some(rust.to_owned());
        }
        path
    }

    fn require_paths(&self) -> Result<(), Error> {
        self.bad_path
            .iter()
            .try_for_each(|path| rust_path(path).map(|_| ()))
    }

    fn write_rust(&self, file_name: &str, code: TokenStream) -> Result<(), Error> {
        let code = format_code(file_name, code)?;
        self.output.write(file_name, code.as_bytes())?;
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

    /// The RPCs of a service that code is generated for.
    fn methods(&self, service: &ServiceDescriptor) -> Result<Vec<MethodDescriptor>, Error> {
        let is_stream = |method: &MethodDescriptor| {
            method.is_client_streaming() || method.is_server_streaming()
        };
        let (streams, unary): (Vec<_>, Vec<_>) = service.methods().partition(is_stream);
        match (self.streaming, streams.first()) {
            (Streaming::Refused, Some(stream)) => {
                Err(Error::Streaming(stream.full_name().to_owned()))
            }
            _ => Ok(unary),
        }
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

pub(crate) fn has_no_side_effects(method: &MethodDescriptor) -> bool {
    let options = method.method_descriptor_proto().options.as_ref();
    options.is_some_and(|options| options.idempotency_level() == IdempotencyLevel::NoSideEffects)
}

/// The comment before a service or method, as attributes; `fallback` where there is none.
fn docs(file: &prost_reflect::FileDescriptor, path: &[i32], fallback: &str) -> TokenStream {
    let comment = comments::leading(file, path).unwrap_or_else(|| fallback.to_owned());
    let lines = comment.lines().map(|line| match line {
        "" => String::new(),
        line => format!(" {line}"),
    });
    quote!(#(#[doc = #lines])*)
}

fn service_docs(service: &ServiceDescriptor) -> TokenStream {
    docs(
        &service.parent_file(),
        service.path(),
        &format!("The service `{}`.", service.full_name()),
    )
}

fn method_docs(method: &MethodDescriptor) -> TokenStream {
    let file = method.parent_service().parent_file();
    docs(
        &file,
        method.path(),
        &format!("The RPC `{}`.", method.name()),
    )
}
