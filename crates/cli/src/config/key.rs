//! The names of settings: in the file, in the environment, and as arguments.

/// One setting.
#[derive(Debug)]
pub(super) struct Key {
    /// The section of the file, such as `auth.oidc`.
    pub(super) section: &'static str,
    /// The key in its section.
    pub(super) name: &'static str,
    /// The argument, without its dashes.
    pub(super) argument: &'static str,
    /// A variable of the environment that counts where the key's own is not set.
    pub(super) other_variable: Option<&'static str>,
}

impl Key {
    /// As in `auth.oidc.issuer`.
    pub(super) fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// As in `RUNNERCONF_AUTH_OIDC_ISSUER`.
    pub(super) fn variable(&self) -> String {
        variable(&self.path())
    }

    /// The variables of the environment, that which counts more first.
    pub(super) fn variables(&self) -> impl Iterator<Item = String> {
        let other = self.other_variable.map(str::to_owned);
        [self.variable()].into_iter().chain(other)
    }
}

/// The variable of a key or a section.
pub(super) fn variable(path: &str) -> String {
    let path = path.replace('.', "_").to_uppercase();
    format!("RUNNERCONF_{path}")
}

const fn key(section: &'static str, name: &'static str, argument: &'static str) -> Key {
    Key {
        section,
        name,
        argument,
        other_variable: None,
    }
}

const fn also(variable: &'static str, key: Key) -> Key {
    Key {
        other_variable: Some(variable),
        ..key
    }
}

/// All settings, in the order of the reference.
pub(super) static KEYS: &[Key] = &[
    key("listen", "address", "listen"),
    key("listen", "plaintext", "plaintext"),
    key("listen", "drain_delay", "drain-delay"),
    key("listen", "shutdown_timeout", "shutdown-timeout"),
    key("tls", "certificate", "tls-cert"),
    key("tls", "key", "tls-key"),
    key("tls", "client_ca", "tls-client-ca"),
    key("cors", "origins", "cors-origin"),
    key("auth.oidc", "issuer", "oidc-issuer"),
    key("auth.oidc", "audience", "oidc-audience"),
    key("auth.oidc", "jwks", "oidc-jwks"),
    key("auth.oidc", "role_claim", "oidc-role-claim"),
    key("limits", "max_message_bytes", "max-message-bytes"),
    key("limits", "call_timeout", "call-timeout"),
    key("limits", "body_timeout", "body-timeout"),
    key("limits", "max_calls", "max-calls"),
    key("limits", "max_buffered_bytes", "max-buffered-bytes"),
    key("limits", "rate", "rate"),
    key("limits", "rate_burst", "rate-burst"),
    key("limits", "compress_from_bytes", "compress-from-bytes"),
    key("limits", "max_connections", "max-connections"),
    key("limits", "header_timeout", "header-timeout"),
    key("limits", "idle_timeout", "idle-timeout"),
    key("limits", "max_header_bytes", "max-header-bytes"),
    key("limits", "max_concurrent_streams", "max-concurrent-streams"),
    key("limits", "max_pending_resets", "max-pending-resets"),
    key("store", "data", "data"),
    key("store", "database", "database"),
    key("store", "password_file", "database-password-file"),
    key("store", "ca", "database-ca"),
    key("runners", "folder", "runners"),
    key("runners", "demo", "demo"),
    key("audit", "retention", "audit-retention"),
    key("metrics", "listen", "metrics-listen"),
    also(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        key("otlp", "endpoint", "otlp-endpoint"),
    ),
    also(
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        key("otlp", "protocol", "otlp-protocol"),
    ),
    key("otlp", "headers_file", "otlp-headers-file"),
    also(
        "OTEL_SERVICE_NAME",
        key("otlp", "service_name", "otlp-service-name"),
    ),
    also(
        "OTEL_TRACES_SAMPLER",
        key("otlp", "sampler", "otlp-sampler"),
    ),
    also(
        "OTEL_TRACES_SAMPLER_ARG",
        key("otlp", "sampling_ratio", "otlp-sampling-ratio"),
    ),
    key("otlp", "metrics_interval", "otlp-metrics-interval"),
    also("RUST_LOG", key("log", "filter", "log-filter")),
    key("log", "format", "log-format"),
];
