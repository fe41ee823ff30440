//! The errors of RPCs, in Connect's form.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The [codes of Connect](https://connectrpc.com/docs/protocol#error-codes) and the HTTP status of each.
const CODES: [(&str, u16); 16] = [
    ("canceled", 499),
    ("unknown", 500),
    ("invalid_argument", 400),
    ("deadline_exceeded", 504),
    ("not_found", 404),
    ("already_exists", 409),
    ("permission_denied", 403),
    ("resource_exhausted", 429),
    ("failed_precondition", 400),
    ("aborted", 409),
    ("out_of_range", 400),
    ("unimplemented", 501),
    ("internal", 500),
    ("unavailable", 503),
    ("data_loss", 500),
    ("unauthenticated", 401),
];

/// An error that a call can end with.
#[derive(Clone, PartialEq)]
pub(super) struct Failure {
    status: u16,
    code: &'static str,
    when: String,
}

impl Failure {
    /// `None` where Connect has no such code.
    pub(super) fn new(code: &str, when: impl Into<String>) -> Option<Self> {
        let (code, status) = CODES.into_iter().find(|(known, _)| *known == code)?;
        Some(Self {
            status,
            code,
            when: when.into(),
        })
    }
}

/// What the server's run-time part answers, whatever the RPC.
pub(super) fn of_every_rpc() -> Vec<Failure> {
    let by_code = [
        (
            "invalid_argument",
            "the request is not the message in JSON, or a header or a parameter of the URL is malformed.",
        ),
        (
            "resource_exhausted",
            "the request is larger than the server takes, or there are too many calls.",
        ),
        (
            "unimplemented",
            "the request is compressed, and not by `br`, `gzip` or `zstd`.",
        ),
        (
            "deadline_exceeded",
            "the call took longer than `Connect-Timeout-Ms` says, or than the server lets calls take.",
        ),
        (
            "unknown",
            "it is not known whether the call has changed anything: look before you make it again.",
        ),
        (
            "internal",
            "the server failed, and nothing that a caller does can change it.",
        ),
        (
            "unavailable",
            "the server cannot take the call now: make it again later.",
        ),
    ];
    // No error of an RPC, but of HTTP; the body has the code that Connect's clients take this status for.
    let content_type = Failure {
        status: 415,
        code: "unknown",
        when: "the content type is none that the RPC takes.".to_owned(),
    };
    by_code
        .into_iter()
        .filter_map(|(code, when)| Failure::new(code, when))
        .chain([content_type])
        .collect()
}

/// The errors that a comment lists: lines such as ``- `not_found`: there is no such thing.``
pub(super) fn listed(comment: &str) -> Vec<Failure> {
    let mut found: Vec<Failure> = Vec::new();
    let mut inside = false;
    for line in comment.lines() {
        let item = line
            .strip_prefix("- `")
            .and_then(|item| item.split_once("`: "));
        let failure = item.and_then(|(code, when)| Failure::new(code, when));
        match (failure, line.strip_prefix("  "), found.last_mut()) {
            (Some(failure), ..) => {
                found.push(failure);
                inside = true;
            }
            (None, Some(more), Some(last)) if inside => {
                last.when.push(' ');
                last.when.push_str(more);
            }
            _ => inside = false,
        }
    }
    found
}

/// A comment without the list of errors at its end.
pub(super) fn without_list(comment: &str) -> &str {
    match comment.split_once("\nErrors:\n") {
        Some((before, _)) => before.trim_end(),
        None => comment,
    }
}

/// The responses for errors, by status. Those that are the same for every RPC are written once.
pub(super) struct Responses {
    common: Vec<Failure>,
    shared: BTreeMap<u16, Value>,
}

impl Responses {
    pub(super) fn new(common: Vec<Failure>) -> Self {
        Self {
            common,
            shared: BTreeMap::new(),
        }
    }

    /// The responses of an RPC with these errors of its own.
    pub(super) fn of(&mut self, own: Vec<Failure>) -> Map<String, Value> {
        let mut by_status: BTreeMap<u16, Vec<&Failure>> = BTreeMap::new();
        for failure in own.iter().chain(&self.common) {
            by_status.entry(failure.status).or_default().push(failure);
        }
        let mut responses = Map::new();
        for (status, failures) in by_status {
            let response = if own.iter().any(|own| own.status == status) {
                response(&failures)
            } else {
                let shared = self.shared.entry(status);
                shared.or_insert_with(|| response(&failures));
                json!({"$ref": format!("#/components/responses/Error{status}")})
            };
            responses.insert(status.to_string(), response);
        }
        responses
    }

    pub(super) fn finish(self) -> Map<String, Value> {
        let named = self.shared.into_iter();
        named
            .map(|(status, response)| (format!("Error{status}"), response))
            .collect()
    }
}

/// The response for the errors of one status.
fn response(failures: &[&Failure]) -> Value {
    let lines = failures
        .iter()
        .map(|failure| format!("- `{}`: {}", failure.code, failure.when));
    let mut codes: Vec<_> = failures.iter().map(|failure| failure.code).collect();
    codes.dedup();
    let example = failures.first().map(
        |failure| json!({"code": failure.code, "message": failure.when.trim_end_matches('.')}),
    );
    json!({
        "description": lines.collect::<Vec<_>>().join("\n"),
        "content": {
            "application/json": {
                "schema": {
                    "allOf": [
                        {"$ref": format!("#/components/schemas/{ERROR}")},
                        {"properties": {"code": {"enum": codes}}},
                    ],
                },
                "example": example,
            },
        },
    })
}

/// The name of the schema of errors.
pub(super) const ERROR: &str = "connect.Error";

/// The schema of errors.
pub(super) fn schema() -> Value {
    json!({
        "type": "object",
        "description": "An error of the Connect protocol.",
        "properties": {
            "code": {
                "type": "string",
                "description": "What went wrong, for programs.",
                "enum": CODES.map(|(code, _)| code),
            },
            "message": {
                "type": "string",
                "description": "What went wrong, for people.",
            },
            "details": {
                "type": "array",
                "description": "More about it, such as the fields that break their rules in a `buf.validate.Violations`.",
                "items": {
                    "type": "object",
                    "properties": {
                        "type": {
                            "type": "string",
                            "description": "The full name of a message.",
                            "examples": ["buf.validate.Violations"],
                        },
                        "value": {
                            "type": "string",
                            "description": "The message in its binary form.",
                            "contentEncoding": "base64",
                            "pattern": "^[A-Za-z0-9+/]*={0,2}$",
                        },
                        "debug": {"description": "The message in JSON, where the server says it."},
                    },
                    "required": ["type", "value"],
                },
            },
        },
        "required": ["code"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_lists_errors_by_codes_that_connect_has() {
        let comment = "Does it.\n\n- `other`: no code.\n\nErrors:\n\n- `not_found`: there is\n  none.\n- `aborted`: no.";
        let found: Vec<_> = listed(comment)
            .into_iter()
            .map(|failure| (failure.status, failure.code, failure.when))
            .collect();
        assert_eq!(
            found,
            [
                (404, "not_found", "there is none.".to_owned()),
                (409, "aborted", "no.".to_owned()),
            ]
        );
        assert_eq!(without_list(comment), "Does it.\n\n- `other`: no code.");
    }
}
