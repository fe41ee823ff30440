//! `runnerconf environment-class`.

use clap::{ArgGroup, Args, Subcommand};
use runner_configuration::v1::list_environment_classes_request::Filter;
use runner_configuration::v1::{
    CreateEnvironmentClassRequest, EnvironmentClass, FieldValue, ListEnvironmentClassesRequest,
    RunnerKind, RunnerProvider, UpdateEnvironmentClassRequest,
};

use crate::error::Error;
use crate::names;
use crate::pages::Pages;
use crate::request::{Pair, RequestFile, set, set_id, set_optional};
use crate::session::{ServerCommand, Session};
use crate::table::{record, shortened, table, yes_or_no};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(List),
    Get(Get),
    Create(Create),
    Update(Update),
}

impl ServerCommand for Command {
    async fn run(self, session: &mut Session) -> Result<(), Error> {
        match self {
            Self::List(arguments) => list(arguments, session).await,
            Self::Get(arguments) => get(arguments, session).await,
            Self::Create(arguments) => create(arguments, session).await,
            Self::Update(arguments) => update(arguments, session).await,
        }
    }
}

/// Shows environment classes, oldest first.
///
/// All conditions that are given have to hold.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  runnerconf environment-class list --enabled --runner-provider aws_ec2 --all")]
pub(crate) struct List {
    /// Only classes of this runner; may be repeated
    #[arg(long, value_name = "ID")]
    runner: Vec<String>,

    /// Only enabled classes
    #[arg(long, conflicts_with = "disabled")]
    enabled: bool,

    /// Only disabled classes
    #[arg(long)]
    disabled: bool,

    /// Only classes that you can start an environment on
    #[arg(long)]
    can_create_environments: bool,

    /// Only classes whose runner is of this kind; may be repeated
    #[arg(long, value_name = "KIND", value_parser = names::parser::<RunnerKind>())]
    runner_kind: Vec<RunnerKind>,

    /// Only classes whose runner has this provider; may be repeated
    #[arg(long, value_name = "PROVIDER", value_parser = names::parser::<RunnerProvider>())]
    runner_provider: Vec<RunnerProvider>,

    #[command(flatten)]
    pages: Pages,
}

async fn list(arguments: List, session: &Session) -> Result<(), Error> {
    let filter = Filter {
        runner_ids: arguments.runner,
        enabled: match (arguments.enabled, arguments.disabled) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        },
        can_create_environments: arguments.can_create_environments.then_some(true),
        runner_kinds: numbers(arguments.runner_kind),
        runner_providers: numbers(arguments.runner_provider),
    };
    let classes = session.client.environment_classes();
    let list = |pagination| {
        classes.list(ListEnvironmentClassesRequest {
            pagination: Some(pagination),
            filter: Some(filter),
        })
    };
    let reply = session.list(arguments.pages, list).await?;
    session.show_page(&reply, || {
        let row = |class: &EnvironmentClass| {
            [
                class.id.clone(),
                shortened(&class.display_name),
                yes_or_no(class.enabled),
                class.runner_id.clone(),
                shortened(&configuration(class)),
            ]
        };
        let header = ["ID", "NAME", "ENABLED", "RUNNER", "CONFIGURATION"];
        table(header, reply.environment_classes.iter().map(row))
    })
}

fn numbers(values: Vec<impl Into<i32>>) -> Vec<i32> {
    values.into_iter().map(Into::into).collect()
}

/// Shows one environment class.
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// Id of the class
    id: String,
}

async fn get(arguments: Get, session: &Session) -> Result<(), Error> {
    let reply = session
        .call(session.client.environment_classes().get(arguments.id))
        .await?;
    session.show(&reply, || {
        let class = reply.environment_class.clone().unwrap_or_default();
        record([
            ("id", class.id.clone()),
            ("name", class.display_name.clone()),
            ("description", class.description.clone()),
            ("enabled", yes_or_no(class.enabled)),
            ("runner", class.runner_id.clone()),
            ("configuration", configuration(&class)),
        ])
    })
}

/// As in `cpu=8 memory=16384`.
fn configuration(class: &EnvironmentClass) -> String {
    let field = |field: &FieldValue| format!("{}={}", field.key, field.value);
    let fields: Vec<String> = class.configuration.iter().map(field).collect();
    fields.join(" ")
}

/// Adds an environment class to a runner; it is enabled.
///
/// `runnerconf schema get` shows what can be configured, and `runnerconf validate environment-class`, with the same
/// arguments, whether the class would be accepted.
#[derive(Debug, Args)]
#[command(
    override_usage = "runnerconf environment-class create [OPTIONS] --runner <ID> --name <TEXT> --description <TEXT>\n       runnerconf environment-class create [OPTIONS] --file <FILE>",
    after_help = "Examples:
  runnerconf environment-class create --runner d2c94c27-3b76-4a42-b88c-95a85e392c68 \\
      --name Large --description '8 CPUs, 16 GB' --set cpu=8 --set memory=16384
  runnerconf environment-class create -f class.yaml

where class.yaml is:
  runnerId: d2c94c27-3b76-4a42-b88c-95a85e392c68
  displayName: Large
  description: 8 CPUs, 16 GB
  configuration:
    - {key: cpu, value: \"8\"}
    - {key: memory, value: \"16384\"}"
)]
pub(crate) struct Create {
    #[command(flatten)]
    class: NewClass,
}

async fn create(arguments: Create, session: &mut Session) -> Result<(), Error> {
    let request = arguments.class.request(session).await?;
    let reply = session
        .call(session.client.environment_classes().create(request))
        .await?;
    session.show_done(&reply, "created environment class", &reply.id)
}

/// What a new class is like: the arguments of create and validate.
#[derive(Debug, Args)]
pub(crate) struct NewClass {
    /// Id of the runner
    #[arg(long, value_name = "ID", required_unless_present = "file")]
    runner: Option<String>,

    /// Name for people, 3 to 127 characters
    #[arg(long, value_name = "TEXT", required_unless_present = "file")]
    name: Option<String>,

    /// What the class is good for, 3 to 200 characters
    #[arg(long, value_name = "TEXT", required_unless_present = "file")]
    description: Option<String>,

    /// Value of a configuration field; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<Pair>,

    /// Value of a configuration field from a file, for secrets; KEY=- reads standard input, or asks on a terminal; may be
    /// repeated
    #[arg(long, value_name = "KEY=FILE")]
    set_file: Vec<Pair>,

    #[command(flatten)]
    file: RequestFile,
}

impl NewClass {
    /// The request that creates the class.
    pub(crate) async fn request(
        self,
        session: &mut Session,
    ) -> Result<CreateEnvironmentClassRequest, Error> {
        let mut request: CreateEnvironmentClassRequest = self.file.read(&mut session.stdin)?;
        set(&mut request.runner_id, self.runner);
        set(&mut request.display_name, self.name);
        set(&mut request.description, self.description);
        refuse_secrets(&self.set, &request.runner_id, session).await?;
        for Pair { key, value } in self.set {
            set_field(&mut request.configuration, key, value);
        }
        for pair in self.set_file {
            let value = pair.read_secret(&mut session.stdin)?;
            set_field(&mut request.configuration, pair.key, value.to_string());
        }
        Ok(request)
    }
}

/// Refuses values of secret fields on the command line.
async fn refuse_secrets(
    arguments: &[Pair],
    runner_id: &str,
    session: &Session,
) -> Result<(), Error> {
    if arguments.is_empty() {
        return Ok(());
    }
    let reply = session
        .call(session.client.configuration().schema(runner_id))
        .await?;
    let fields = reply.schema.unwrap_or_default().environment_classes;
    let is_secret = |argument: &&Pair| {
        let mut fields = fields.iter();
        fields.any(|field| field.secret && field.id == argument.key)
    };
    match arguments.iter().find(is_secret) {
        Some(argument) => Err(Error::SecretArgument(argument.key.clone())),
        None => Ok(()),
    }
}

fn set_field(configuration: &mut Vec<FieldValue>, key: String, value: String) {
    match configuration.iter_mut().find(|field| field.key == key) {
        Some(field) => field.value = value,
        None => configuration.push(FieldValue { key, value }),
    }
}

/// Changes an environment class; what is not given stays as it is.
#[derive(Debug, Args)]
#[command(
    override_usage = "runnerconf environment-class update [OPTIONS] <ID>",
    group(ArgGroup::new("changes").required(true).multiple(true).arg("file")),
    after_help = "Example:
  runnerconf environment-class update 0199f0c2-6d3a-7d52-9b57-2f0e6ad0a5c1 --disable"
)]
pub(crate) struct Update {
    /// Id of the class
    id: String,

    /// New name for people, 3 to 127 characters
    #[arg(long, value_name = "TEXT", group = "changes")]
    name: Option<String>,

    /// What the class is good for, 3 to 200 characters
    #[arg(long, value_name = "TEXT", group = "changes")]
    description: Option<String>,

    /// Let new environments be started in this class
    #[arg(long, group = "changes", conflicts_with = "disable")]
    enable: bool,

    /// Let no new environments be started in this class
    #[arg(long, group = "changes")]
    disable: bool,

    #[command(flatten)]
    file: RequestFile,
}

async fn update(arguments: Update, session: &mut Session) -> Result<(), Error> {
    let mut request: UpdateEnvironmentClassRequest = arguments.file.read(&mut session.stdin)?;
    set_id(&mut request.environment_class_id, arguments.id)?;
    set_optional(&mut request.display_name, arguments.name);
    set_optional(&mut request.description, arguments.description);
    set_optional(&mut request.enabled, arguments.enable.then_some(true));
    set_optional(&mut request.enabled, arguments.disable.then_some(false));
    let id = request.environment_class_id.clone();
    let reply = session
        .call(session.client.environment_classes().update(request))
        .await?;
    session.show_done(&reply, "updated environment class", &id)
}
