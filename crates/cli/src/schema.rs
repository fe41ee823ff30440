//! `runnerconf schema`.

use clap::{Args, Subcommand};
use runner_configuration::v1::RunnerConfigurationSchema;
use runner_configuration::v1::runner_configuration_schema::field::Type;
use runner_configuration::v1::runner_configuration_schema::{
    EnumField, Field, IntField, ScmConfigSchema,
};

use crate::error::Error;
use crate::session::{ServerCommand, Session};
use crate::table::{or_dash, record, shortened, table, yes_or_no};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Get(Get),
}

impl ServerCommand for Command {
    async fn run(self, session: &mut Session) -> Result<(), Error> {
        let Self::Get(arguments) = self;
        get(arguments, session).await
    }
}

/// Shows the newest schema that a runner registered: the fields of its environment classes, and the hosts that it can be
/// connected to.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  runnerconf schema get d2c94c27-3b76-4a42-b88c-95a85e392c68")]
pub(crate) struct Get {
    /// Id of the runner
    runner: String,
}

async fn get(arguments: Get, session: &Session) -> Result<(), Error> {
    let reply = session
        .call(session.client.configuration().schema(arguments.runner))
        .await?;
    session.show(&reply, || lines(&reply.schema.clone().unwrap_or_default()))
}

fn lines(schema: &RunnerConfigurationSchema) -> Vec<String> {
    let mut lines = record([("version", or_dash(&schema.version))]);
    let mut add = |title: &str, table: Vec<String>| {
        lines.extend([String::new(), title.to_owned()]);
        lines.extend(table);
    };
    add("Environment classes", fields(&schema.environment_classes));
    add("SCM integrations", hosts(&schema.scm));
    add("The runner itself", fields(&schema.runner_config));
    lines
}

fn fields(fields: &[Field]) -> Vec<String> {
    let row = |field: &Field| {
        [
            field.id.clone(),
            shortened(&field.name),
            yes_or_no(field.required),
            yes_or_no(field.secret),
            shortened(&values(field)),
        ]
    };
    let header = ["KEY", "NAME", "REQUIRED", "SECRET", "VALUES"];
    table(header, fields.iter().map(row))
}

/// What a field takes.
fn values(field: &Field) -> String {
    match &field.r#type {
        Some(Type::String(text)) if text.pattern.is_empty() => "text".to_owned(),
        Some(Type::String(text)) => format!("text like {}", text.pattern),
        Some(Type::Bool(_)) => "true or false".to_owned(),
        Some(Type::Int(bounds)) => numbers(bounds),
        Some(Type::Enum(choices)) => titles(choices).join(", "),
        Some(Type::Display(_)) => "none, it is only shown".to_owned(),
        None => "-".to_owned(),
    }
}

fn numbers(bounds: &IntField) -> String {
    match (bounds.min, bounds.max) {
        (0, 0) => "whole number".to_owned(),
        (min, 0) => format!("whole number from {min}"),
        (min, max) => format!("whole number from {min} to {max}"),
    }
}

#[expect(
    deprecated,
    reason = "where the newer field is empty, the deprecated one counts"
)]
fn titles(choices: &EnumField) -> Vec<String> {
    if choices.possible_values.is_empty() {
        return choices.values.clone();
    }
    let values = choices.possible_values.iter();
    values.map(|value| value.title.clone()).collect()
}

fn hosts(scm: &[ScmConfigSchema]) -> Vec<String> {
    let row = |scm: &ScmConfigSchema| {
        [
            scm.scm_id.clone(),
            shortened(&scm.name),
            shortened(&or_dash(&scm.default_hosts.join(" "))),
            yes_or_no(scm.oauth.is_some()),
            yes_or_no(scm.pat.is_some()),
        ]
    };
    table(
        ["SCM", "NAME", "HOSTS", "OAUTH", "PAT"],
        scm.iter().map(row),
    )
}
