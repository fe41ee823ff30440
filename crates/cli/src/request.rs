//! Requests: from files, and from arguments, which take precedence.

use std::ffi::OsString;
use std::fmt;

use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::document;
use crate::error::Error;
use crate::input::{Source, Stdin};
use crate::secret::SecretSource;

/// Where a request can come from besides the other arguments.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct RequestFile {
    /// Request in proto3 JSON, as the API documents it, or the same in YAML; - reads standard input. Other arguments take
    /// precedence
    #[arg(short, long, value_name = "FILE")]
    file: Option<Source>,
}

impl RequestFile {
    /// The request in the file; an empty one where there is no file.
    pub(crate) fn read<M>(&self, stdin: &mut Stdin) -> Result<M, Error>
    where
        M: DeserializeOwned + Default,
    {
        let Some(source) = &self.file else {
            return Ok(M::default());
        };
        let text = stdin.read(source)?;
        parse(&text).map_err(|what| Error::RequestFile {
            from: source.to_string(),
            what,
        })
    }
}

fn parse<M: DeserializeOwned>(text: &str) -> Result<M, String> {
    let documents = document::parse_all(text)?;
    match documents.as_slice() {
        [document] if document.is_object() => document::message(document),
        [_] => Err("it has to hold an object with the fields of the request".into()),
        [] => Err("it is empty; it has to hold a request".into()),
        _ => Err("it has several documents; give one request at a time".into()),
    }
}

/// Puts the id of the command line into a request, which may have come with the same one.
pub(crate) fn set_id(field: &mut String, id: String) -> Result<(), Error> {
    if !field.is_empty() && !field.eq_ignore_ascii_case(&id) {
        return Err(Error::OtherId {
            argument: id,
            file: std::mem::take(field),
        });
    }
    *field = id;
    Ok(())
}

/// Puts an argument into a field of a request, if it was given.
pub(crate) fn set<T>(field: &mut T, argument: Option<impl Into<T>>) {
    if let Some(value) = argument {
        *field = value.into();
    }
}

/// The same for a field that can be absent.
pub(crate) fn set_optional<T>(field: &mut Option<T>, argument: Option<impl Into<T>>) {
    if let Some(value) = argument {
        *field = Some(value.into());
    }
}

/// The same for a list, which the arguments replace.
pub(crate) fn set_list<T>(field: &mut Vec<T>, arguments: Vec<impl Into<T>>) {
    if !arguments.is_empty() {
        *field = arguments.into_iter().map(Into::into).collect();
    }
}

/// `KEY=VALUE` on the command line.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl Pair {
    /// The secret, where the value is the name of its file.
    pub(crate) fn read_secret(&self, stdin: &mut Stdin) -> Result<Zeroizing<String>, Error> {
        let source = SecretSource::from(OsString::from(&self.value));
        source.read(&self.key, stdin)
    }
}

impl std::str::FromStr for Pair {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok(Self {
                key: key.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err("put = behind the key"),
        }
    }
}

// The value may be a secret that does not belong there.
impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pair").field(&self.key).finish()
    }
}

#[cfg(test)]
mod tests {
    use runner_configuration::v1::{
        CreateEnvironmentClassRequest, CreateHostAuthenticationTokenRequest,
    };

    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            ("", "it is empty"),
            ("- 1", "it has to hold an object"),
            ("{}\n---\n{}", "it has several documents"),
            ("displayName: 5", "displayName: expected a string"),
            ("displyName: Large", "unknown keys: displyName"),
            (
                "configuration: [{key: cpu, value: 8}]",
                "configuration[0].value: expected a string",
            ),
            ("{\"displayName\": ", "it is not valid JSON: "),
        ] {
            let found = parse::<CreateEnvironmentClassRequest>(text).unwrap_err();
            assert!(found.starts_with(error), "{found}");
        }
    }

    #[test]
    fn what_is_wrong_is_not_repeated_where_it_may_be_secret() {
        for text in [
            "token: 58008",
            "token: [58008]",
            "{\"token\": 58008}",
            "token: {a: 58008}",
            "token: \"58008",
            "token: *58008",
            "token: 58008: 1",
        ] {
            let found = parse::<CreateHostAuthenticationTokenRequest>(text).unwrap_err();
            assert!(!found.contains("58008"), "{found}");
        }
    }

    #[test]
    fn both_names_of_a_field_are_read() {
        for text in [
            "displayName: Large",
            "display_name: Large",
            "{\"displayName\": \"Large\"}",
        ] {
            let request: CreateEnvironmentClassRequest = parse(text).unwrap();
            assert_eq!(request.display_name, "Large");
        }
    }

    #[test]
    fn arguments_replace_what_is_in_the_file() {
        let mut id = String::new();
        set_id(&mut id, "a".into()).unwrap();
        set_id(&mut id, "A".into()).unwrap();
        let error = set_id(&mut id, "b".into()).unwrap_err();
        assert!(matches!(error, Error::OtherId { .. }));

        let mut list = vec![1_i64];
        set_list(&mut list, Vec::<i32>::new());
        assert_eq!(list, [1]);
        set_list(&mut list, vec![2_i32, 3]);
        assert_eq!(list, [2, 3]);
    }
}
