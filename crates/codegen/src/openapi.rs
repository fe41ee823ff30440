//! An OpenAPI document of services.

mod errors;
mod operation;
mod rules;
mod scalar;
mod schema;
mod well_known;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use self::operation::{Operations, Parts};
use crate::output::{Output, rerun_if_changed};
use crate::{Descriptors, Error, comments};

/// Generates an [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1.html) document of the services of a package, as they are
/// called with JSON over HTTP: Connect's unary RPCs.
///
/// Schemas follow the proto3 JSON mapping and the `buf.validate` rules; texts are the comments of the .proto files. The
/// errors of an RPC are those that its comment, or that of its service, lists as ``- `code`: when``, beside those of the
/// server's run-time part.
///
/// Only the forms that the mapping writes are described, and numbers of 64 bits also as numbers. What it reads besides,
/// such as `null` for an unset field, is said in the document's description.
///
/// ```no_run
/// use runner_configuration_codegen::{Descriptors, Error, OpenApi};
///
/// fn main() -> Result<(), Error> {
///     let descriptors = Descriptors::compile(["proto"], ["acme/greeter/v1/greeter.proto"])?;
///     OpenApi::new(&descriptors)
///         .title("Greeter", env!("CARGO_PKG_VERSION"))
///         .server("/", "This server")
///         .generate("acme.greeter.v1")
/// }
/// ```
pub struct OpenApi<'a> {
    descriptors: &'a Descriptors,
    title: String,
    version: String,
    servers: Vec<(String, String)>,
    bearer: Option<String>,
    url_parameters: Vec<(String, Vec<String>)>,
    always_written: Box<dyn Fn(&str) -> bool>,
    examples: Option<PathBuf>,
    output: Output,
}

impl<'a> OpenApi<'a> {
    /// A generator of the document of these descriptors.
    pub fn new(descriptors: &'a Descriptors) -> Self {
        Self {
            descriptors,
            title: String::new(),
            version: String::new(),
            servers: Vec::new(),
            bearer: None,
            url_parameters: Vec::new(),
            always_written: Box::new(|_| false),
            examples: None,
            output: Output::default(),
        }
    }

    /// The name and the version of the API. Default: the package, and nothing.
    pub fn title(mut self, title: impl Into<String>, version: impl Into<String>) -> Self {
        self.title = title.into();
        self.version = version.into();
        self
    }

    /// A URL that the paths of the RPCs are appended to, absolute or relative to the document's.
    pub fn server(mut self, url: impl Into<String>, description: impl Into<String>) -> Self {
        self.servers.push((url.into(), description.into()));
        self
    }

    /// Says that every call needs a bearer token; the description says which.
    pub fn bearer(mut self, description: impl Into<String>) -> Self {
        self.bearer = Some(description.into());
        self
    }

    /// A parameter of the URL that takes the place of a field, as [`Services::url_parameter`](crate::Services::url_parameter)
    /// has it.
    pub fn url_parameter(mut self, parameter: impl Into<String>, field: &str) -> Self {
        let field = field.split('.').map(str::to_owned).collect();
        self.url_parameters.push((parameter.into(), field));
        self
    }

    /// The messages whose repeated fields are always written, as
    /// [`Messages::write_empty_repeated`](crate::Messages::write_empty_repeated) has it: the fields are required.
    pub fn write_empty_repeated(mut self, of: impl Fn(&str) -> bool + 'static) -> Self {
        self.always_written = Box::new(of);
        self
    }

    /// A JSON file with a request and a response for every RPC: `{"SayHello": {"request": {}, "response": {}}}`.
    pub fn examples(mut self, file: impl Into<PathBuf>) -> Self {
        self.examples = Some(file.into());
        self
    }

    /// The folder that is written to, where it is not `OUT_DIR`.
    pub fn out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.output = Output::folder(folder.into());
        self
    }

    /// Writes `PACKAGE.openapi.json`. RPCs whose request or response is a stream are left out.
    ///
    /// # Errors
    ///
    /// An unknown package, an unsupported rule, or [`Error::Examples`] where an RPC has no example or an example no RPC.
    pub fn generate(&self, package: &str) -> Result<(), Error> {
        let mut text = format!("{:#}", self.document(package)?);
        text.push('\n');
        let file_name = format!("{package}.openapi.json");
        self.output.write(&file_name, text.as_bytes())?;
        Ok(())
    }

    fn document(&self, package: &str) -> Result<Value, Error> {
        self.descriptors.require_package(package)?;
        let services: Vec<_> = self
            .descriptors
            .pool()
            .services()
            .filter(|service| service.package_name() == package)
            .collect();
        let mut operations = Operations::new(self, self.read_examples()?);
        let (mut tags, mut descriptions) = (Vec::new(), Vec::new());
        for service in &services {
            operations.add(service)?;
            let comment = comments::leading(&service.parent_file(), service.path());
            tags.push(json!({"name": service.name()}));
            descriptions.extend(comment);
        }
        let Parts {
            paths,
            mut components,
        } = operations.finish()?;
        descriptions.push(JSON.to_owned());
        let title = match self.title.as_str() {
            "" => package,
            title => title,
        };
        let mut document = json!({
            "openapi": "3.1.1",
            "info": {
                "title": title,
                "version": self.version,
                "description": descriptions.join("\n\n"),
            },
        });
        if !self.servers.is_empty() {
            let servers = self.servers.iter();
            document["servers"] = servers
                .map(|(url, description)| json!({"url": url, "description": description}))
                .collect();
        }
        if let Some(description) = &self.bearer {
            document["security"] = json!([{"bearer": []}]);
            components.insert(
                "securitySchemes".to_owned(),
                json!({"bearer": {"type": "http", "scheme": "bearer", "description": description}}),
            );
        }
        document["tags"] = tags.into();
        document["paths"] = paths.into();
        document["components"] = components.into();
        Ok(document)
    }

    /// The examples by the names of RPCs.
    fn read_examples(&self) -> Result<Option<Examples>, Error> {
        let Some(path) = &self.examples else {
            return Ok(None);
        };
        rerun_if_changed(path);
        let text = std::fs::read_to_string(path).map_err(|error| Error::io(path, error))?;
        let by_rpc = serde_json::from_str(&text).map_err(|error| examples_error(path, error))?;
        Ok(Some(Examples {
            path: path.clone(),
            by_rpc,
        }))
    }
}

/// Examples that are not in the document yet.
struct Examples {
    path: PathBuf,
    by_rpc: Map<String, Value>,
}

impl Examples {
    /// The request and the response for an RPC.
    fn take(&mut self, rpc: &str) -> Result<(Value, Value), Error> {
        let missing = |what: &str| examples_error(&self.path, format!("{rpc} has no {what}"));
        let mut example = self
            .by_rpc
            .shift_remove(rpc)
            .ok_or_else(|| missing("example"))?;
        let mut part = |name: &str| match example.get_mut(name).map(Value::take) {
            Some(part) => Ok(part),
            None => Err(missing(name)),
        };
        Ok((part("request")?, part("response")?))
    }

    fn require_none_left(&self) -> Result<(), Error> {
        match self.by_rpc.keys().next() {
            Some(rpc) => Err(examples_error(&self.path, format!("there is no RPC {rpc}"))),
            None => Ok(()),
        }
    }
}

fn examples_error(path: &Path, problem: impl ToString) -> Error {
    Error::Examples {
        path: path.display().to_string(),
        problem: problem.to_string(),
    }
}

/// What is true of every call, for the description of the document.
const JSON: &str = "\
Every RPC is a POST of JSON whose path names service and RPC, in the [Connect protocol](https://connectrpc.com/docs/protocol). \
An RPC may also have a binary form, GET, gRPC and gRPC-Web, which this document does not describe.

Messages are in the [JSON mapping of protobuf](https://protobuf.dev/programming-guides/json/). The schemas show the forms that \
replies have; fields that are not set, or are zero, false or empty, are left out of them. In requests, `null` stands for an \
unset field, unknown fields are ignored, field names may also be those of the .proto file, enum values may be numbers, \
whole numbers may be texts, and base64 may be that for URLs and without padding.";
