use proc_macro2::TokenStream;
use prost_reflect::{EnumDescriptor, MessageDescriptor};
use quote::quote;

use crate::descriptors::{Descriptors, out_dir, write};
use crate::{Error, debug, enumeration, json, validators};

/// Generates messages, their JSON mapping and their validators.
pub struct Messages<'a> {
    descriptors: &'a Descriptors,
    packages: Vec<String>,
    runtime: String,
    extern_paths: Vec<(String, String)>,
    always_written: Box<dyn Fn(&str) -> bool>,
}

impl<'a> Messages<'a> {
    /// A generator of the messages of these descriptors; packages have to be named.
    pub fn new(descriptors: &'a Descriptors) -> Self {
        Self {
            descriptors,
            packages: Vec::new(),
            runtime: "::runner_configuration_runtime".to_owned(),
            extern_paths: Vec::new(),
            always_written: Box::new(|_| false),
        }
    }

    /// Generates the messages of this package, such as `gitpod.v1`.
    pub fn package(mut self, package: impl Into<String>) -> Self {
        self.packages.push(package.into());
        self
    }

    /// The Rust path of the run-time crate, where it is not `::runner_configuration_runtime`.
    pub fn runtime_path(mut self, path: impl Into<String>) -> Self {
        self.runtime = path.into();
        self
    }

    /// The Rust path of a package or type that exists elsewhere: `extern_path(".acme.v1", "::acme::v1")`.
    ///
    /// `google.protobuf.Timestamp` and `buf.validate` are the run-time crate's unless told otherwise.
    pub fn extern_path(mut self, proto: impl Into<String>, rust: impl Into<String>) -> Self {
        self.extern_paths.push((proto.into(), rust.into()));
        self
    }

    /// Writes the repeated fields of some messages to JSON even when they are empty; the mapping leaves that to the
    /// writer. The function is given full names, such as `acme.v1.ListThingsResponse`.
    pub fn write_empty_repeated(mut self, of: impl Fn(&str) -> bool + 'static) -> Self {
        self.always_written = Box::new(of);
        self
    }

    /// Generates `PACKAGE.rs`, `PACKAGE.json.rs` and `PACKAGE.validate.rs` in `OUT_DIR`.
    ///
    /// The second and third are to be included in modules inside the package's own that start with `use super::*;`.
    ///
    /// # Errors
    ///
    /// An unknown package, a `buf.validate` rule without a generator, or JSON code in an unexpected form.
    pub fn generate(&self) -> Result<(), Error> {
        let runtime = self.runtime()?;
        self.prost()?;
        for package in &self.packages {
            self.descriptors.require_package(package)?;
            let messages = self.messages_of(package);
            let enumerations = self.enumerations_of(package);
            let support = enumerations
                .iter()
                .map(|enumeration| enumeration::generate(enumeration, &runtime))
                .chain(
                    messages
                        .iter()
                        .map(|message| debug::generate(message, &runtime)),
                )
                .collect();
            append_to(package, support)?;
            let validators = validators::generate(self.descriptors, package, &messages, &runtime)?;
            write_rust(&format!("{package}.validate.rs"), validators)?;
            let json = json::Json {
                package,
                messages: &messages,
                runtime: &runtime,
                always_written: &*self.always_written,
            };
            let json = json.generate(self.descriptors, &self.all_extern_paths())?;
            write_rust(&format!("{package}.json.rs"), json)?;
        }
        Ok(())
    }

    /// Writes `PACKAGE.rs` for every package.
    fn prost(&self) -> Result<(), Error> {
        let mut config = prost_build::Config::new();
        config.enable_type_names();
        for (proto, rust) in self.all_extern_paths() {
            config.extern_path(proto, rust);
        }
        let messages = self
            .packages
            .iter()
            .flat_map(|package| self.messages_of(package));
        config.skip_debug(messages.filter_map(|message| debug::redacted(&message)));
        config
            .compile_fds(self.descriptors.files())
            .map_err(|error| Error::io(std::path::Path::new("OUT_DIR"), error))
    }

    fn runtime(&self) -> Result<syn::Path, Error> {
        syn::parse_str(&self.runtime).map_err(|source| Error::Syntax {
            place: "the path of the run-time crate".into(),
            source,
        })
    }

    fn all_extern_paths(&self) -> Vec<(String, String)> {
        let mut paths = self.extern_paths.clone();
        for (proto, rust) in [
            (".google.protobuf.Timestamp", "Timestamp"),
            (".buf.validate", "validate"),
        ] {
            if !paths.iter().any(|(known, _)| known == proto) {
                paths.push((proto.to_owned(), format!("{}::{rust}", self.runtime)));
            }
        }
        paths
    }

    fn messages_of(&self, package: &str) -> Vec<MessageDescriptor> {
        self.descriptors
            .pool()
            .all_messages()
            .filter(|message| message.package_name() == package && !message.is_map_entry())
            .collect()
    }

    fn enumerations_of(&self, package: &str) -> Vec<EnumDescriptor> {
        self.descriptors
            .pool()
            .all_enums()
            .filter(|enumeration| enumeration.package_name() == package)
            .collect()
    }
}

/// Adds code to the file that prost has written.
fn append_to(package: &str, code: TokenStream) -> Result<(), Error> {
    let path = out_dir()?.join(format!("{package}.rs"));
    let mut text = std::fs::read_to_string(&path).map_err(|error| Error::io(&path, error))?;
    text.push_str(&format_code(package, code)?);
    write(&path, text.as_bytes())
}

pub(crate) fn write_rust(file_name: &str, code: TokenStream) -> Result<(), Error> {
    write(
        &out_dir()?.join(file_name),
        format_code(file_name, code)?.as_bytes(),
    )
}

fn format_code(place: &str, code: TokenStream) -> Result<String, Error> {
    let file = syn::parse2(quote!(#code)).map_err(|source| Error::Syntax {
        place: place.to_owned(),
        source,
    })?;
    Ok(prettyplease::unparse(&file))
}
