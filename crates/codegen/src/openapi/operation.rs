//! RPCs as operations.

use prost_reflect::{
    FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, ServiceDescriptor,
};
use serde_json::{Map, Value, json};

use super::errors::{self, ERROR, Failure, Responses};
use super::schema::Schemas;
use super::{Examples, OpenApi};
use crate::{Error, comments};

/// Two parts of a document.
pub(super) struct Parts {
    pub(super) paths: Map<String, Value>,
    pub(super) components: Map<String, Value>,
}

/// Collects operations and what they refer to.
pub(super) struct Operations<'a> {
    url_parameters: &'a [(String, Vec<String>)],
    needs_token: bool,
    examples: Option<Examples>,
    schemas: Schemas<'a>,
    responses: Map<String, Value>,
    paths: Map<String, Value>,
}

impl<'a> Operations<'a> {
    pub(super) fn new(options: &'a OpenApi<'_>, examples: Option<Examples>) -> Self {
        let mut schemas = Schemas::new(options.descriptors, &options.always_written);
        schemas.insert(ERROR, errors::schema());
        Self {
            url_parameters: &options.url_parameters,
            needs_token: options.bearer.is_some(),
            examples,
            schemas,
            responses: Map::new(),
            paths: Map::new(),
        }
    }

    /// The unary RPCs of a service.
    pub(super) fn add(&mut self, service: &ServiceDescriptor) -> Result<(), Error> {
        let comment = comments::leading(&service.parent_file(), service.path());
        let mut common = errors::listed(comment.as_deref().unwrap_or_default());
        if self.needs_token {
            let refused = Failure::new("unauthenticated", "the call has no valid bearer token.");
            common.extend(refused);
        }
        common.extend(errors::of_every_rpc());
        let mut responses = Responses::new(common);
        for method in service.methods() {
            if method.is_client_streaming() || method.is_server_streaming() {
                continue;
            }
            let operation = self.operation(&method, &mut responses)?;
            let path = format!("/{}/{}", service.full_name(), method.name());
            self.paths.insert(path, json!({"post": operation}));
        }
        self.responses.extend(responses.finish());
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Parts, Error> {
        if let Some(examples) = &self.examples {
            examples.require_none_left()?;
        }
        let components = [
            ("schemas", self.schemas.finish().into()),
            ("parameters", headers()),
            ("responses", self.responses.into()),
        ];
        let components = components.map(|(name, value)| (name.to_owned(), value));
        Ok(Parts {
            paths: self.paths,
            components: components.into_iter().collect(),
        })
    }

    fn operation(
        &mut self,
        method: &MethodDescriptor,
        responses: &mut Responses,
    ) -> Result<Value, Error> {
        let service = method.parent_service();
        let (request, response) = (method.input(), method.output());
        let comment = comments::leading(&service.parent_file(), method.path()).unwrap_or_default();
        let description = errors::without_list(&comment);
        let mut input = json!({"schema": self.schemas.message(&request)?});
        let mut output = json!({"schema": self.schemas.message(&response)?});
        if let Some(examples) = &mut self.examples {
            (input["example"], output["example"]) = examples.take(method.name())?;
        }
        let answer = comments::leading(&response.parent_file(), response.path());
        let mut answers = Map::new();
        answers.insert(
            "200".to_owned(),
            json!({
                "description": answer.unwrap_or_else(|| response.name().to_owned()),
                "content": {"application/json": output},
            }),
        );
        answers.extend(responses.of(errors::listed(&comment)));
        let summary = first_sentence(description);
        let mut operation = json!({
            "operationId": format!("{}_{}", service.name(), method.name()),
            "tags": [service.name()],
            "summary": summary,
            "description": description,
            "parameters": self.parameters(&request)?,
            "requestBody": {"required": true, "content": {"application/json": input}},
            "responses": answers,
        });
        if description.replace('\n', " ") == summary {
            operation
                .as_object_mut()
                .map(|operation| operation.shift_remove("description"));
        }
        let options = method.method_descriptor_proto().options.as_ref();
        if options.is_some_and(|options| options.deprecated()) {
            operation["deprecated"] = true.into();
        }
        Ok(operation)
    }

    /// Headers, and the parameters of the URL that the request has fields for.
    fn parameters(&mut self, request: &MessageDescriptor) -> Result<Vec<Value>, Error> {
        let headers = [VERSION, TIMEOUT];
        let mut parameters: Vec<_> = headers
            .map(|name| json!({"$ref": format!("#/components/parameters/{name}")}))
            .into();
        for (parameter, path) in self.url_parameters {
            let Some(fields) = fields(request, path) else {
                continue;
            };
            let Some(field) = fields.last() else {
                continue;
            };
            let (mut schema, _) = self.schemas.field(field, true)?;
            let names: Vec<_> = fields.iter().map(FieldDescriptor::json_name).collect();
            let mut description = format!("Takes the place of the field `{}`.", names.join("."));
            if let Some(Value::String(text)) = schema
                .as_object_mut()
                .and_then(|schema| schema.shift_remove("description"))
            {
                description = format!("{description} {text}");
            }
            parameters.push(json!({
                "name": parameter,
                "in": "query",
                "description": description,
                "schema": schema,
            }));
        }
        Ok(parameters)
    }
}

const VERSION: &str = "Connect-Protocol-Version";
const TIMEOUT: &str = "Connect-Timeout-Ms";

fn headers() -> Value {
    json!({
        VERSION: {
            "name": VERSION,
            "in": "header",
            "description": "The version of the protocol, by which proxies can tell calls. It may be left out.",
            "schema": {"type": "string", "enum": ["1"]},
        },
        TIMEOUT: {
            "name": TIMEOUT,
            "in": "header",
            "description": "How long the caller waits, in milliseconds: 1 to 10 digits.",
            "schema": {"type": "integer", "minimum": 0, "maximum": 9_999_999_999_u64},
        },
    })
}

/// The fields on a path from a message; `None` where it has no such fields.
fn fields(message: &MessageDescriptor, path: &[String]) -> Option<Vec<FieldDescriptor>> {
    let mut message = Some(message.clone());
    path.iter()
        .map(|name| {
            let field = message.as_ref()?.get_field_by_name(name)?;
            message = match field.kind() {
                Kind::Message(inner) if !field.is_list() => Some(inner),
                _ => None,
            };
            Some(field)
        })
        .collect()
}

fn first_sentence(text: &str) -> String {
    let paragraph = text
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .replace('\n', " ");
    match paragraph.split_once(". ") {
        Some((sentence, _)) => format!("{sentence}."),
        None => paragraph,
    }
}
