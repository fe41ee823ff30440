//! Which tables and columns there are: the same in every kind of store.

/// A table, its columns, and what its rows are called.
pub struct Table {
    pub(crate) name: &'static str,
    /// The first is the key.
    pub(crate) columns: &'static [Column],
    pub(crate) one: &'static str,
    many: &'static str,
}

pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
}

/// What a column holds, if it is not null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Integer,
    Long,
    Uuid,
    Text,
    Bytes,
}

impl Table {
    /// Its name in the database.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The names of its columns in the database, in the order of a [`Row`](super::Row)'s values. The first is the key.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|column| column.name)
    }

    /// What its rows are called, for people: such as `environment classes`.
    pub const fn title(&self) -> &'static str {
        self.many
    }

    pub(crate) const fn key(&self) -> &'static Column {
        // Every table below has columns.
        &self.columns[0]
    }

    /// The columns' names, with commas between them.
    pub(crate) fn names(&self) -> String {
        self.columns().collect::<Vec<_>>().join(", ")
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Table").field(&self.name).finish()
    }
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

pub(crate) static RUNNERS: Table = Table {
    name: "runners",
    columns: &[
        column("id", Kind::Uuid),
        column("name", Kind::Text),
        column("kind", Kind::Integer),
        column("provider", Kind::Integer),
        column("registered", Kind::Bool),
        column("public_key", Kind::Bytes),
        column("schema", Kind::Bytes),
    ],
    one: "runner",
    many: "runners",
};

pub(crate) static SCM_INTEGRATIONS: Table = Table {
    name: "scm_integrations",
    columns: &[
        column("id", Kind::Uuid),
        column("runner_id", Kind::Uuid),
        column("host", Kind::Text),
        column("offers_oauth", Kind::Bool),
        column("offers_pat", Kind::Bool),
        column("sealed_to", Kind::Bytes),
        column("message", Kind::Bytes),
        column("json", Kind::Bytes),
    ],
    one: "SCM integration",
    many: "SCM integrations",
};

pub(crate) static ENVIRONMENT_CLASSES: Table = Table {
    name: "environment_classes",
    columns: &[
        column("id", Kind::Uuid),
        column("runner_id", Kind::Uuid),
        column("enabled", Kind::Bool),
        column("sealed_to", Kind::Bytes),
        column("message", Kind::Bytes),
        column("json", Kind::Bytes),
    ],
    one: "environment class",
    many: "environment classes",
};

pub(crate) static HOST_AUTHENTICATION_TOKENS: Table = Table {
    name: "host_authentication_tokens",
    columns: &[
        column("id", Kind::Uuid),
        column("runner_id", Kind::Uuid),
        column("principal", Kind::Integer),
        column("subject_id", Kind::Uuid),
        column("host", Kind::Text),
        column("source", Kind::Integer),
        column("integration_id", Kind::Uuid),
        column("message", Kind::Bytes),
        column("json", Kind::Bytes),
        column("token", Kind::Bytes),
        column("token_key", Kind::Bytes),
        column("refresh_token", Kind::Bytes),
        column("refresh_token_key", Kind::Bytes),
    ],
    one: "host authentication token",
    many: "host authentication tokens",
};

pub(crate) static LLM_INTEGRATIONS: Table = Table {
    name: "llm_integrations",
    columns: &[
        column("id", Kind::Uuid),
        column("runner_id", Kind::Uuid),
        column("enabled", Kind::Bool),
        column("api_key_sealed_to", Kind::Bytes),
        column("headers_sealed_to", Kind::Bytes),
        column("message", Kind::Bytes),
        column("json", Kind::Bytes),
    ],
    one: "LLM integration",
    many: "LLM integrations",
};

pub(crate) static API_KEYS: Table = Table {
    name: "api_keys",
    columns: &[
        column("id", Kind::Uuid),
        column("hash", Kind::Bytes),
        column("name", Kind::Text),
        column("role", Kind::Integer),
        column("principal", Kind::Integer),
        column("subject_id", Kind::Uuid),
        column("read_only", Kind::Bool),
        column("created_at", Kind::Long),
        column("expires_at", Kind::Long),
        column("revoked_at", Kind::Long),
    ],
    one: "API key",
    many: "API keys",
};

pub(crate) static CHANGES: Table = Table {
    name: "changes",
    columns: &[
        column("sequence", Kind::Long),
        column("at", Kind::Long),
        column("principal", Kind::Integer),
        column("subject_id", Kind::Uuid),
        column("action", Kind::Text),
        column("object", Kind::Uuid),
        column("kind", Kind::Integer),
        column("outcome", Kind::Integer),
        column("request_id", Kind::Text),
    ],
    one: "change",
    many: "changes",
};

/// All of them: each after those that it refers to.
pub static TABLES: [&Table; 7] = [
    &RUNNERS,
    &SCM_INTEGRATIONS,
    &ENVIRONMENT_CLASSES,
    &HOST_AUTHENTICATION_TOKENS,
    &LLM_INTEGRATIONS,
    &API_KEYS,
    &CHANGES,
];
