//! `runnerconf serve`.

use std::io;
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::serve::ListenerExt as _;
use runner_configuration::FILE_DESCRIPTOR_SET;
use runner_configuration_server::OPENAPI;
use runner_configuration_server::rpc::tls::TlsListener;
use runner_configuration_server::rpc::{self, Health, openapi, reflection};
use runner_configuration_server::tonic_server::SERVICE_NAME;
use runner_configuration_service::store::Store;
use runner_configuration_service::{ApiKeys, Bearer, Service};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower::ServiceBuilder;

use crate::cors::Origin;
use crate::duration::Span;
use crate::error::Error;
use crate::limits::LimitArguments;
use crate::observability::{self, Observability};
use crate::oidc::OidcArguments;
use crate::otlp::{OtlpArguments, Telemetry};
use crate::place::StoreArguments;
use crate::readiness::Readiness;
use crate::runner::folder;
use crate::signals::{Reloads, Signals};
use crate::tls::TlsArguments;
use crate::{admin_key, cors, demo, logging, open_files, output};

/// Serves the API, until SIGTERM or Ctrl-C.
///
/// Connect, gRPC and gRPC-Web are served on one port, over HTTP/1.1 and HTTP/2, below / and below /api. Once it answers,
/// the line `listening on http://ADDRESS` (with TLS, https) is written to standard output. Logs go to standard error;
/// RUST_LOG says how much is logged.
///
/// Every call needs the header `Authorization: Bearer KEY`, but for gRPC's server reflection and health checks, and the
/// OpenAPI document at /openapi.json. The admin key is the one in RUNNERCONF_ADMIN_KEY, if that is set; otherwise it is in the file admin.key of the data folder, which
/// is made at the first start. With --oidc-issuer, the tokens of an OpenID provider are accepted as well as keys.
///
/// Settings also come from a file (--config) and the environment (RUNNERCONF_SECTION_KEY): docs/configuration.md of the
/// sources lists them, and runnerconf config show shows them.
///
/// Servers that share a database each serve all of it. Give them the same admin key: there is one, that of the server that
/// started last.
#[derive(Debug, clap::Args)]
#[command(after_help = "Environment:
  RUNNERCONF_ADMIN_KEY  the admin key, instead of the one in the data folder
  PGPASSWORD            the password for --database
  RUNNERCONF_CONFIG     the file with settings, instead of --config

Examples:
  runnerconf serve --demo
  runnerconf serve --listen 127.0.0.1:0 --data ./data
  runnerconf serve --database postgres://runnerconf@db.example.com/runnerconf --database-password-file password
  runnerconf serve --listen 0.0.0.0:443 --tls-cert server.crt --tls-key server.key
  runnerconf serve --oidc-issuer https://login.example.com --oidc-audience runnerconf
  curl -H \"Authorization: Bearer $(cat ./data/admin.key)\" -H 'Content-Type: application/json' -d '{}' \\
      http://127.0.0.1:8080/gitpod.v1.RunnerConfigurationService/ListEnvironmentClasses")]
pub(crate) struct Arguments {
    /// Address and port to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = address)]
    listen: SocketAddr,

    #[command(flatten)]
    tls: TlsArguments,

    /// Listen also where other machines can connect, without TLS: keys and secrets then cross the network in the clear,
    /// unless something else protects them
    #[arg(long, conflicts_with = "key")]
    plaintext: bool,

    #[arg(
        long,
        value_name = "ORIGIN",
        help = "Let pages of this origin call, as in https://app.example.com; may be repeated [default: none]"
    )]
    cors_origin: Vec<Origin>,

    #[command(flatten)]
    oidc: OidcArguments,

    #[command(flatten)]
    store: StoreArguments,

    #[command(flatten)]
    limits: LimitArguments,

    /// Folder of runner files: its runners are registered, or changed, at the start and at SIGHUP. runnerconf runner plan
    /// tells what that changes
    #[arg(long, value_name = "DIR")]
    runners: Option<PathBuf>,

    /// Register a runner to try things on: d2c94c27-3b76-4a42-b88c-95a85e392c68, with a schema and a key pair, whose
    /// private key is in demo-runner.key in the data folder
    #[arg(long)]
    demo: bool,

    /// How long changes stay in the record that runnerconf audit list shows: days or hours, as in 365d or 12h
    /// [default: for ever]
    #[arg(long, value_name = "AGE")]
    audit_retention: Option<Span>,

    /// Address and port for metrics (/metrics) and probes (/healthz, /readyz), in the clear and without keys [default: no
    /// metrics; the probes are answered beside the API, too]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    metrics_listen: Option<SocketAddr>,

    #[command(flatten)]
    otlp: OtlpArguments,

    /// What is logged, as in warn or info,runner_configuration_server=debug; RUST_LOG is another name for the variable
    #[arg(long, value_name = "FILTER", default_value = "info")]
    log_filter: String,

    /// How the log is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    log_format: logging::Format,

    /// How long calls are still taken after SIGTERM or Ctrl-C, while probes are told that the server is not ready: for load
    /// balancers that need time to see it
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    drain_delay: u32,

    /// How long calls in flight may take to finish after SIGTERM or Ctrl-C
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    shutdown_timeout: u32,
}

impl Arguments {
    /// All that is wrong with what they name.
    pub(crate) fn faults(&self) -> Vec<Error> {
        let runners = self.runners.as_deref().map(folder::read);
        [
            self.tls.clone().load().err(),
            refuse_plaintext(self.listen, self.tls.is_given(), self.plaintext).err(),
            self.oidc.config().err(),
            self.store.place().err(),
            runners.and_then(Result::err),
            self.otlp.fault(),
            logging::filter(&self.log_filter).err(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "give an IP address and a port, as in 127.0.0.1:8080 or [::1]:0")
}

/// How many tasks a thread polls before it looks at what has arrived: with tokio's 61, a call that arrives while there is no end
/// of work waits for milliseconds before anybody knows of it.
const EVENT_INTERVAL: u32 = 4;

pub(crate) fn run(arguments: Arguments) -> Result<(), Error> {
    let telemetry = Telemetry::new(&arguments.otlp)?;
    logging::start(
        logging::filter(&arguments.log_filter)?,
        arguments.log_format,
        telemetry.as_ref(),
    );
    open_files::raise_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .event_interval(EVENT_INTERVAL)
        .build()
        .map_err(Error::Start)?;
    // On the runtime's own threads: this one would compete with them for the processors, and be given milliseconds at a time.
    let serving = runtime.spawn(serve(arguments, telemetry));
    runtime
        .block_on(serving)
        .unwrap_or_else(|panicked| resume_unwind(panicked.into_panic()))
}

async fn serve(arguments: Arguments, mut telemetry: Option<Telemetry>) -> Result<(), Error> {
    let mut signals = Signals::catch().map_err(Error::Start)?;
    let reloads = Reloads::catch().map_err(Error::Start)?;
    // Before anything is made on disk: a port that is taken is the most likely obstacle.
    let tls = arguments.tls.load()?;
    let provider = arguments.oidc.start()?;
    let listener = listen(arguments.listen, tls.is_some(), arguments.plaintext)?;
    let address = listener.local_addr().map_err(Error::Start)?;
    let health = Health::new([SERVICE_NAME]).await;
    let readiness = Readiness::new(health.clone());
    let connections = arguments.limits.connections();
    let observability = Observability::start(
        arguments.metrics_listen,
        connections,
        &readiness,
        telemetry.as_mut(),
        arguments.store.system(),
    )
    .await?;
    let store = prepare_store(&arguments.store, arguments.demo, &observability).await?;

    let reflection = reflection(&[FILE_DESCRIPTOR_SET, Health::DESCRIPTORS])
        .map_err(|invalid| Error::Start(io::Error::other(invalid)))?;
    let service = runner_configuration_server::service(Service::new(Arc::clone(&store)))
        .authenticate(Bearer::new(ApiKeys::new(Arc::clone(&store)), provider))
        .with_routes(reflection)
        .with_routes(health.routes())
        .with_routes(openapi(OPENAPI))
        .with_routes(readiness.routes());
    let service = service.options(arguments.limits.options());
    let observer = observability.observer();
    let service = match observer.clone() {
        Some(observer) => service.observe(observer),
        None => service,
    };
    let service = ServiceBuilder::new()
        .option_layer(cors::layer(arguments.cors_origin))
        .option_layer(telemetry.as_ref().map(Telemetry::parent_layer))
        .service(service);
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async {
        let _ = stopped.await;
    };
    let mut connections = arguments.limits.connections();
    connections.observer = observer.map(|observer| Arc::new(observer) as _);
    let (scheme, server) = match tls {
        Some(files) => {
            let listener = TlsListener::new(listener, files.tls.clone());
            tokio::spawn(files.follow(reloads));
            let server = rpc::serve::serve(listener, service, connections, stopped);
            ("https", tokio::spawn(server))
        }
        None => {
            if arguments.runners.is_none() {
                tokio::spawn(ignore(reloads));
            }
            // Replies are small and written at once: there is nothing to wait for.
            let listener = listener.tap_io(|connection| {
                let _ = connection.set_nodelay(true);
            });
            let server = rpc::serve::serve(listener, service, connections, stopped);
            ("http", tokio::spawn(server))
        }
    };
    if let Some(folder) = arguments.runners {
        let reloads = Reloads::catch().map_err(Error::Start)?;
        folder::apply(&*store, &folder).await?;
        tokio::spawn(follow_runners(Arc::clone(&store), folder, reloads));
    }
    readiness.follow(Arc::clone(&store)).await;
    if let Some(age) = arguments.audit_retention {
        tokio::spawn(forget_changes(Arc::clone(&store), age));
    }
    if let Err(error) = output::line(format_args!("listening on {scheme}://{address}")) {
        // Nobody may be waiting for it.
        tracing::warn!("{error}");
    }
    tracing::info!(
        %address,
        store = %arguments.store.place()?,
        version = crate::VERSION,
        "serving"
    );

    let signal = signals.next().await;
    tracing::info!(
        signal,
        seconds = arguments.shutdown_timeout,
        "finishing the calls in flight; another signal ends them at once"
    );
    end_at_next(signals);
    readiness.drain().await;
    tokio::time::sleep(Duration::from_secs(arguments.drain_delay.into())).await;
    health.close().await;
    let _ = stop.send(());
    let deadline = Duration::from_secs(arguments.shutdown_timeout.into());
    if tokio::time::timeout(deadline, server).await.is_err() {
        tracing::warn!("the time is up: calls in flight are cut off");
    }
    let closed = store.close().await;
    if let Some(telemetry) = telemetry {
        telemetry.stop().await;
    }
    closed?;
    tracing::info!("stopped");
    Ok(())
}

/// Forgets old changes, now and every hour.
async fn forget_changes(store: Arc<impl Store>, age: Span) {
    loop {
        match store.forget_changes(age.before(SystemTime::now())).await {
            Ok(0) => {}
            Ok(changes) => tracing::info!(changes, "forgot changes that are older than asked for"),
            Err(error) => tracing::warn!(%error, "old changes could not be forgotten"),
        }
        tokio::time::sleep(Duration::from_secs(60 * 60)).await;
    }
}

/// Whoever signals again does not want to wait.
fn end_at_next(mut signals: Signals) {
    tokio::spawn(async move {
        signals.next().await;
        std::process::exit(1);
    });
}

/// Without TLS there is nothing to look at again, and the signal is no reason to end.
async fn ignore(mut reloads: Reloads) {
    loop {
        reloads.next().await;
        tracing::info!("SIGHUP: there are no files to look at again");
    }
}

fn listen(address: SocketAddr, tls: bool, plaintext: bool) -> Result<TcpListener, Error> {
    let in_the_clear = refuse_plaintext(address, tls, plaintext)?;
    let listener = observability::listen(address, "--listen")?;
    if in_the_clear {
        tracing::warn!(
            %address,
            "other machines can connect, and keys and secrets cross the network unencrypted"
        );
    }
    Ok(listener)
}

/// Whether what is served there goes over a network in the clear; an error where nobody said that it may.
fn refuse_plaintext(address: SocketAddr, tls: bool, plaintext: bool) -> Result<bool, Error> {
    let in_the_clear = !tls && !address.ip().is_loopback();
    if in_the_clear && !plaintext {
        return Err(Error::Plaintext(address));
    }
    Ok(in_the_clear)
}

/// Applies the runner files of a folder again, whenever that is asked for.
async fn follow_runners(store: Arc<impl Store>, folder: PathBuf, mut reloads: Reloads) {
    loop {
        reloads.next().await;
        if let Err(error) = folder::apply(&*store, &folder).await {
            tracing::error!(%error, "the runners stay as they were");
        }
    }
}

async fn prepare_store(
    arguments: &StoreArguments,
    with_demo: bool,
    observability: &Observability,
) -> Result<Arc<impl Store + use<>>, Error> {
    let store = observability.observe(arguments.open().await?);
    admin_key::register(&*store, &arguments.data).await?;
    if with_demo {
        demo::register(&*store, &arguments.data.make()?).await?;
    }
    Ok(store)
}
