//! Runner files: what a runner is, in YAML or JSON.

use runner_configuration::json::Bytes;
use runner_configuration::v1::{RunnerConfigurationSchema, RunnerKind, RunnerProvider};
use runner_configuration_service::seal::PublicKey;
use runner_configuration_service::store::{Encoded, Runner};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use uuid::Uuid;

use super::schema;
use crate::{document, names};

/// One runner of a runner file, valid in itself.
#[derive(Debug)]
pub(crate) struct RunnerFile {
    pub(crate) id: Uuid,
    name: String,
    kind: RunnerKind,
    provider: RunnerProvider,
    public_key: Setting<[u8; 32]>,
    schema: Setting<Encoded<RunnerConfigurationSchema>>,
}

/// What a file says about something that may come later.
#[derive(Debug)]
enum Setting<T> {
    /// Nothing.
    Keep,
    /// `null`.
    TakeAway,
    Set(T),
}

impl<T> Setting<T> {
    fn over(self, current: Option<T>) -> Option<T> {
        match self {
            Self::Keep => current,
            Self::TakeAway => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl RunnerFile {
    /// The runner that this file makes of the one that is there.
    pub(crate) fn over(self, current: Option<Runner>) -> Runner {
        let (public_key, schema) =
            current.map_or((None, None), |runner| (runner.public_key, runner.schema));
        Runner {
            id: self.id,
            name: self.name,
            kind: self.kind,
            provider: self.provider,
            public_key: self.public_key.over(public_key),
            schema: self.schema.over(schema),
        }
    }
}

/// Reads all runners of a text.
pub(crate) fn parse(text: &str) -> Result<Vec<RunnerFile>, String> {
    let documents = document::parse_all(text)?;
    if documents.is_empty() {
        return Err("it is empty; it has to hold a runner".into());
    }
    let only = documents.len() == 1;
    let place = |index, error: String| {
        if only {
            error
        } else {
            format!("document {}, {error}", index + 1)
        }
    };
    documents
        .into_iter()
        .enumerate()
        .map(|(index, document)| {
            runner(document).map_err(|error| document::one_line(&place(index, error)))
        })
        .collect()
}

/// A runner as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Document {
    id: String,
    name: String,
    kind: String,
    provider: String,
    #[serde(default, deserialize_with = "present")]
    public_key: Option<Option<Bytes<Vec<u8>>>>,
    #[serde(default, deserialize_with = "present")]
    schema: Option<Option<Value>>,
}

/// Tells `null` from nothing.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn runner(document: Value) -> Result<RunnerFile, String> {
    // serde would take a list for a runner, too, with its values in the order of the keys.
    if !document.is_object() {
        return Err("it has to hold a runner, with id, name, kind and provider".into());
    }
    let document: Document = serde_path_to_error::deserialize(document).map_err(|error| {
        let path = error.path().to_string();
        match error.into_inner().to_string() {
            // It names the key itself.
            reason if path == "." || reason.starts_with("unknown field") => reason,
            reason => format!("{path}: {reason}"),
        }
    })?;
    Ok(RunnerFile {
        id: id(&document.id).map_err(at("id"))?,
        name: name(document.name).map_err(at("name"))?,
        kind: names::parse(&document.kind).map_err(at("kind"))?,
        provider: names::parse(&document.provider).map_err(at("provider"))?,
        public_key: setting(document.public_key, |key| public_key(&key.0))
            .map_err(at("publicKey"))?,
        schema: setting(document.schema, |schema| schema::read(&schema)).map_err(at("schema"))?,
    })
}

fn at(key: &str) -> impl Fn(String) -> String {
    move |error| format!("{key}: {error}")
}

fn setting<V, T>(
    value: Option<Option<V>>,
    read: impl FnOnce(V) -> Result<T, String>,
) -> Result<Setting<T>, String> {
    match value {
        None => Ok(Setting::Keep),
        Some(None) => Ok(Setting::TakeAway),
        Some(Some(value)) => read(value).map(Setting::Set),
    }
}

/// Only the spelling that requests have to use, too.
fn id(text: &str) -> Result<Uuid, String> {
    let id = Uuid::try_parse(text).ok().filter(|_| text.len() == 36);
    id.ok_or_else(|| format!("{text:?} is no UUID, such as d2c94c27-3b76-4a42-b88c-95a85e392c68"))
}

fn name(name: String) -> Result<String, String> {
    if name.trim().is_empty() {
        Err("is empty".into())
    } else if name.chars().any(char::is_control) {
        // It is shown on terminals.
        Err("has control characters".into())
    } else {
        Ok(name)
    }
}

fn public_key(bytes: &[u8]) -> Result<[u8; 32], String> {
    let key = PublicKey::new(bytes).map_err(|error| error.to_string())?;
    Ok(*key.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNNER: &str = "
id: d2c94c27-3b76-4a42-b88c-95a85e392c68
name: Frankfurt
kind: remote
provider: aws_ec2
";

    fn one(text: &str) -> RunnerFile {
        let mut runners = parse(text).unwrap();
        assert_eq!(runners.len(), 1);
        runners.remove(0)
    }

    /// What is wrong with [`RUNNER`] and more lines.
    fn wrong(more: &str) -> String {
        parse(&format!("{RUNNER}{more}\n")).unwrap_err()
    }

    #[test]
    fn yaml_and_json_say_the_same() {
        let yaml = format!(
            "{RUNNER}publicKey: {key}\nschema:\n  version: '1'\n  scm:\n  - {{scmId: github, pat: {{}}}}\n",
            key = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk="
        );
        let json = r#"{
	"id": "D2C94C27-3B76-4A42-B88C-95A85E392C68", "name": "Frankfurt",
	"kind": "RUNNER_KIND_REMOTE", "provider": "RUNNER_PROVIDER_AWS_EC2",
	"publicKey": "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk",
	"schema": {"version": "1", "scm": [{"scm_id": "github", "pat": {}}]}
}"#;
        let runner = one(&yaml).over(None);
        assert_eq!(runner, one(json).over(None));
        assert_eq!(runner.public_key, Some([9; 32]));
        let schema = runner.schema.unwrap().decode().unwrap();
        assert_eq!(schema.scm[0].scm_id, "github");
    }

    #[test]
    fn what_is_not_mentioned_stays_and_null_takes_away() {
        let full = format!(
            "{RUNNER}publicKey: CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=\nschema: {{}}\n"
        );
        let full = one(&full).over(None);
        assert!(full.public_key.is_some() && full.schema.is_some());
        assert_eq!(one(RUNNER).over(Some(full.clone())), full);
        let taken = one(&format!("{RUNNER}publicKey: null\nschema:\n")).over(Some(full));
        assert!(taken.public_key.is_none() && taken.schema.is_none());
    }

    #[test]
    fn a_file_may_have_several_documents() {
        let other = RUNNER.replace("68\n", "69\n");
        let runners = parse(&format!("{RUNNER}---{other}")).unwrap();
        assert_eq!(runners.len(), 2);
        assert_ne!(runners[0].id, runners[1].id);

        let error = parse(&format!("{RUNNER}---{other}nmae: x\n")).unwrap_err();
        assert!(
            error.starts_with("document 2, unknown field `nmae`"),
            "{error}"
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            ("", "it is empty; it has to hold a runner"),
            ("# nothing\n", "it is empty; it has to hold a runner"),
            (
                "\"two\\nlines \\e[2J\": 1",
                "unknown field `two lines \\u{1b}[2J`, expected one of `id`, `name`, `kind`, `provider`, `publicKey`, `schema`",
            ),
            (
                "- 1",
                "it has to hold a runner, with id, name, kind and provider",
            ),
            (
                "{\"id\": ",
                "it is not valid JSON: EOF while parsing a value at line 1 column 7",
            ),
            ("name: x\nkind: remote\nprovider: gcp", "missing field `id`"),
            ("id: 5", "id: invalid type: integer `5`, expected a string"),
        ] {
            assert_eq!(parse(text).unwrap_err(), error, "{text}");
        }
        let error = parse("name: [x").unwrap_err();
        assert!(error.starts_with("it is not valid YAML: "), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }

    #[test]
    fn each_key_is_checked() {
        for (change, error) in [
            (
                ("95a85e392c68", "x"),
                "id: \"d2c94c27-3b76-4a42-b88c-x\" is no UUID",
            ),
            (("Frankfurt", "\"\""), "name: is empty"),
            (("Frankfurt", "\"a\\eb\""), "name: has control characters"),
            (
                ("remote", "remot"),
                "kind: \"remot\" is no kind of runner; use one of local, remote",
            ),
            (
                ("aws_ec2", "ec2"),
                "provider: \"ec2\" is no provider; use one of aws_ec2",
            ),
        ] {
            let found = parse(&RUNNER.replace(change.0, change.1)).unwrap_err();
            assert!(found.starts_with(error), "{found}");
        }
        for (more, error) in [
            (
                "public_key: x",
                "unknown field `public_key`, expected one of `id`, `name`",
            ),
            ("name: again", "it is not valid YAML: "),
            (
                "publicKey: '*'",
                "publicKey: invalid value: other text, expected a base64 string",
            ),
            (
                "publicKey: AAAA",
                "publicKey: an X25519 public key has 32 bytes, this one has 3",
            ),
            (
                "publicKey: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                "publicKey: this X25519 public key is a point of low order",
            ),
            ("schema: {version: 1}", "schema: version: expected a string"),
            (
                "schema: {environmentClasses: [{id: cpu, int: {min: many}}]}",
                "schema: environmentClasses[0].int.min: ",
            ),
            (
                "schema: {version: '1', environmentClasses: [{id: cpu, int: {step: 1}}], scn: []}",
                "schema: unknown keys: environmentClasses[0].int.step, scn",
            ),
            (
                "schema: {environmentClasses: [{id: cpu, int: {min: 2, max: 1}}]}",
                "schema: environment_classes[0].int: min 2 is above max 1",
            ),
        ] {
            let found = wrong(more);
            assert!(found.starts_with(error), "{found}");
            assert!(!found.contains('\n'), "{found}");
        }
    }
}
