use std::path::PathBuf;
#[cfg(feature = "otlp")]
use std::{collections::HashMap, env, time::Duration};

use clap::{Args, ValueEnum};
use http::Uri;

use crate::error::Error;
#[cfg(feature = "otlp")]
use crate::secret_file;

#[derive(Clone, Debug, Args)]
pub(crate) struct OtlpArguments {
    /// Send traces and metrics of calls to the OpenTelemetry collector with this URL, as in http://localhost:4318: over
    /// OTLP/HTTP, to /v1/traces and /v1/metrics below it [default: nothing is sent]
    #[arg(long, value_name = "URL")]
    otlp_endpoint: Option<Endpoint>,

    /// What the collector speaks
    #[arg(long, value_name = "PROTOCOL", value_enum, default_value_t)]
    otlp_protocol: Protocol,

    /// File with headers for the collector, such as its key: NAME: VALUE on each line. Those of OTEL_EXPORTER_OTLP_HEADERS
    /// are sent, too
    #[arg(long, value_name = "FILE")]
    otlp_headers_file: Option<PathBuf>,

    /// The name of this service in traces and metrics
    #[arg(long, value_name = "NAME", default_value = "runnerconf")]
    otlp_service_name: String,

    /// Which traces are recorded; those named parentbased follow the caller, where there is one that says it
    #[arg(long, value_name = "SAMPLER", value_enum, default_value_t)]
    otlp_sampler: Sampler,

    /// Which part of the traces is recorded, from 0 to 1, by the samplers that have traceidratio in their names
    #[arg(long, value_name = "RATIO", default_value_t = 1.0, value_parser = ratio)]
    otlp_sampling_ratio: f64,

    /// How often metrics are sent
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    otlp_metrics_interval: u32,
}

/// Where the exporters find headers by themselves.
#[cfg(feature = "otlp")]
const VARIABLES: [&str; 3] = [
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
];

/// The URL of a collector, without a slash in its end.
#[derive(Clone, Debug, PartialEq)]
struct Endpoint(String);

impl std::str::FromStr for Endpoint {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Result<Uri, _> = text.parse();
        let is_usable = uri.is_ok_and(|uri| {
            let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
            let has_host = uri.host().is_some_and(|host| !host.is_empty());
            is_http && has_host && uri.query().is_none()
        });
        if !is_usable {
            return Err("give an http or https URL, as in http://localhost:4318");
        }
        let authority = text.split('/').nth(2).unwrap_or_default();
        if authority.contains('@') {
            return Err("put credentials into the file of --otlp-headers-file, not into the URL");
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Protocol {
    /// Protobuf over HTTP.
    #[default]
    #[value(name = "http/protobuf")]
    HttpProtobuf,
}

/// As OpenTelemetry names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum Sampler {
    AlwaysOn,
    AlwaysOff,
    #[value(name = "traceidratio")]
    TraceIdRatio,
    #[default]
    #[value(name = "parentbased_always_on")]
    ParentBasedAlwaysOn,
    #[value(name = "parentbased_always_off")]
    ParentBasedAlwaysOff,
    #[value(name = "parentbased_traceidratio")]
    ParentBasedTraceIdRatio,
}

fn ratio(text: &str) -> Result<f64, &'static str> {
    match text.parse() {
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => Ok(ratio),
        _ => Err("give a number from 0 to 1"),
    }
}

impl OtlpArguments {
    /// Whether anything is to be sent.
    pub(super) fn is_given(&self) -> bool {
        self.otlp_endpoint.is_some()
    }
}

#[cfg(not(feature = "otlp"))]
impl OtlpArguments {
    /// What is wrong with them.
    pub(crate) fn fault(&self) -> Option<Error> {
        self.is_given().then_some(Error::NoOtlp)
    }
}

#[cfg(feature = "otlp")]
impl OtlpArguments {
    /// What is wrong with them.
    pub(crate) fn fault(&self) -> Option<Error> {
        match self.is_given() {
            true => self.headers().err(),
            false => None,
        }
    }

    /// The URL for a signal, such as `traces`.
    pub(super) fn url(&self, signal: &str) -> String {
        let base = self.otlp_endpoint.as_ref().map_or("", |url| &url.0);
        format!("{base}/v1/{signal}")
    }

    pub(super) fn is_https(&self) -> bool {
        self.url("").starts_with("https:")
    }

    pub(super) fn service_name(&self) -> String {
        self.otlp_service_name.clone()
    }

    pub(super) fn sampler(&self) -> opentelemetry_sdk::trace::Sampler {
        use opentelemetry_sdk::trace::Sampler as S;

        let by_ratio = S::TraceIdRatioBased(self.otlp_sampling_ratio);
        match self.otlp_sampler {
            Sampler::AlwaysOn => S::AlwaysOn,
            Sampler::AlwaysOff => S::AlwaysOff,
            Sampler::TraceIdRatio => by_ratio,
            Sampler::ParentBasedAlwaysOn => S::ParentBased(Box::new(S::AlwaysOn)),
            Sampler::ParentBasedAlwaysOff => S::ParentBased(Box::new(S::AlwaysOff)),
            Sampler::ParentBasedTraceIdRatio => S::ParentBased(Box::new(by_ratio)),
        }
    }

    pub(super) fn metrics_interval(&self) -> Duration {
        Duration::from_secs(self.otlp_metrics_interval.into())
    }

    /// What the file says. The texts of errors hold nothing of it.
    pub(super) fn headers(&self) -> Result<HashMap<String, String>, Error> {
        let variable = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let has_secrets = self.otlp_headers_file.is_some() || VARIABLES.into_iter().any(variable);
        if has_secrets && !self.is_https() && !self.is_on_this_machine() {
            return Err(Error::OtlpInTheClear);
        }
        let Some(path) = &self.otlp_headers_file else {
            return Ok(HashMap::new());
        };
        let text = secret_file::read(path)?.ok_or_else(|| Error::NoOtlpHeaders(path.clone()))?;
        let lines = text.lines().enumerate();
        lines
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(index, line)| {
                header(line).ok_or_else(|| Error::OtlpHeader {
                    path: path.clone(),
                    line: index + 1,
                })
            })
            .collect()
    }

    fn is_on_this_machine(&self) -> bool {
        let uri: Option<Uri> = self.url("").parse().ok();
        let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
        let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

#[cfg(feature = "otlp")]
fn header(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    let name = http::HeaderName::try_from(name.trim()).ok()?;
    let value = http::HeaderValue::try_from(value.trim()).ok()?;
    let value = value.to_str().ok()?.to_owned();
    Some((name.as_str().to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_the_url_of_a_server_without_credentials() {
        for (text, expected) in [
            ("http://localhost:4318", Some("http://localhost:4318")),
            (
                "https://otel.example.com/otlp/",
                Some("https://otel.example.com/otlp"),
            ),
            ("http://[::1]:4318", Some("http://[::1]:4318")),
            ("localhost:4318", None),
            ("grpc://localhost:4317", None),
            ("http://", None),
            ("/v1", None),
            ("", None),
            ("http://localhost?x", None),
            ("http://user:s3cret@localhost", None),
        ] {
            let endpoint = text.parse::<Endpoint>();
            if let Err(error) = endpoint {
                assert!(!error.contains("s3cret"), "{error}");
            }
            assert_eq!(
                endpoint.ok().map(|url| url.0).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_ratio_is_from_0_to_1() {
        for (text, is_ratio) in [
            ("0", true),
            ("0.25", true),
            ("1", true),
            ("1.1", false),
            ("-0.1", false),
            ("NaN", false),
        ] {
            assert_eq!(ratio(text).is_ok(), is_ratio, "{text}");
        }
    }

    #[cfg(feature = "otlp")]
    #[test]
    fn headers_are_lines_of_a_file_and_do_not_cross_a_network_in_the_clear() {
        use clap::Parser;

        #[derive(Parser)]
        struct Program {
            #[command(flatten)]
            otlp: OtlpArguments,
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("headers");
        let path = path.to_str().unwrap();
        let headers = |endpoint: &str, text: &str| {
            std::fs::write(path, text).unwrap();
            let arguments = [
                "x",
                "--otlp-endpoint",
                endpoint,
                "--otlp-headers-file",
                path,
            ];
            let otlp = Program::parse_from(arguments).otlp;
            assert_eq!(otlp.fault().is_some(), otlp.headers().is_err());
            otlp.headers().map_err(|error| error.to_string())
        };
        let text = "X-Key: s3cret\n\n authorization:Bearer a:b \n";
        let expected = [("x-key", "s3cret"), ("authorization", "Bearer a:b")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = HashMap::from(expected);
        for endpoint in [
            "http://localhost:1",
            "http://127.0.0.2:1",
            "http://[::1]:1",
            "https://otel.example.com",
        ] {
            assert_eq!(
                headers(endpoint, text).as_ref(),
                Ok(&expected),
                "{endpoint}"
            );
        }
        for endpoint in [
            "http://otel.example.com",
            "http://10.0.0.1",
            "http://localhost.example.com",
        ] {
            let error = headers(endpoint, text).unwrap_err();
            assert!(
                error.contains("in the clear") && !error.contains("s3cret"),
                "{error}"
            );
        }
        for (text, line) in [
            ("s3cret", 1),
            ("a: b\ns3cret x: y", 2),
            ("a: \u{1}s3cret", 1),
        ] {
            let error = headers("http://localhost:1", text).unwrap_err();
            assert!(error.contains(&format!("line {line} ")), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
