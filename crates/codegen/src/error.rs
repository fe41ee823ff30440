/// Why code could not be generated. A build script returns it from `main`.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A .proto file is wrong; the text has the place in the file.
    #[error("{}", with_place(.0))]
    Compile(#[from] protox::Error),
    /// The descriptor set can't be read.
    #[error("the descriptor set can't be read: {0}")]
    Descriptors(#[from] prost_reflect::DescriptorError),
    /// An imported descriptor set can't be read.
    #[error("the imported descriptor set can't be read: {0}")]
    Import(#[from] prost::DecodeError),
    /// A package of which the descriptor set has no file.
    #[error("the descriptor set has no package `{0}`")]
    UnknownPackage(String),
    /// A `buf.validate` rule that no validator can be generated for.
    #[error("{place}: the buf.validate rule `{rule}` is not supported by this generator")]
    UnsupportedRule {
        /// The message or field with the rule.
        place: String,
        /// The name of the rule.
        rule: String,
    },
    /// The JSON code is not in the form that the corrections apply to.
    #[error(
        "{place}: pbjson-build wrote `{found}` where `{expected}` was expected; the corrections of the JSON mapping \
         have to be adapted to this version of pbjson-build"
    )]
    UnexpectedJsonCode {
        /// The message or field that the code is for.
        place: String,
        /// The code that the corrections know.
        expected: String,
        /// The code that is there.
        found: String,
    },
    /// A type that belongs to no package with a known Rust path.
    #[error(
        "no Rust path is known for `{0}`: give the generator the path of the type or of its package"
    )]
    UnknownType(String),
    /// A streaming RPC.
    #[error("{0} is a streaming RPC: only unary ones are supported")]
    Streaming(String),
    /// A text is not Rust: a path given to the generator, or generated code.
    #[error("{place} is not valid Rust: {source}")]
    Syntax {
        /// What was read.
        place: String,
        /// The parser's complaint.
        source: syn::Error,
    },
    /// The examples for an OpenAPI document are wrong or not complete.
    #[error("{path}: {problem}")]
    Examples {
        /// The file with the examples.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// An environment variable that cargo gives to build scripts.
    #[error("the environment variable {0} is not set: call this from a build script")]
    Environment(String),
    /// A file can't be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
}

/// The same text as [`Display`](std::fmt::Display): that of an error returned from `main` is what a user sees.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// protox shows the place only in `Debug`, and nothing of it where the file ends too early.
fn with_place(error: &protox::Error) -> String {
    let text = format!("{error:?}");
    match error.file() {
        Some(file) if !text.contains(file) => format!("{file}: {text}"),
        _ => text,
    }
}

impl Error {
    pub(crate) fn io(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::Io {
            path: path.display().to_string(),
            source,
        }
    }
}
