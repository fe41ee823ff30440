/// Why code could not be generated. A build script returns it from `main`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A .proto file is wrong; the text has the place in the file.
    #[error("{0:?}")]
    Compile(protox::Error),
    /// The descriptor set can't be read.
    #[error("the descriptor set can't be read: {0}")]
    Descriptors(#[from] prost_reflect::DescriptorError),
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
    #[error("no Rust path is known for `{0}`: give its package to the generator")]
    UnknownType(String),
    /// A streaming RPC.
    #[error("{0} is a streaming RPC: only unary ones are supported")]
    Streaming(String),
    /// Generated text is not Rust; a fault of this crate.
    #[error("the code generated for {place} is not valid Rust: {source}")]
    Syntax {
        /// What was generated.
        place: String,
        /// The parser's complaint.
        source: syn::Error,
    },
    /// An environment variable that cargo gives to build scripts.
    #[error("the environment variable {0} is not set: call this from a build script")]
    Environment(&'static str),
    /// A file can't be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
}

impl Error {
    pub(crate) fn io(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::Io {
            path: path.display().to_string(),
            source,
        }
    }
}
