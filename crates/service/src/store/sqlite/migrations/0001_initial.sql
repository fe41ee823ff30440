-- Ids are UUIDv7 as 16 bytes, so their order is that of creation. `message` is the object as clients see it, encoded
-- as protobuf: replies are made of it as it is. The other columns are what filters, checks and deletions look at.
--
-- Tables that are read by id and in the order of ids are kept in that order (WITHOUT ROWID). Each index ends in `id`,
-- so that a filtered list is read from where its last page ended.

CREATE TABLE runners (
    id         BLOB    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    kind       INTEGER NOT NULL, -- gitpod.v1.RunnerKind
    provider   INTEGER NOT NULL, -- gitpod.v1.RunnerProvider
    registered INTEGER NOT NULL, -- there is a schema
    public_key BLOB,             -- X25519, 32 bytes
    schema     BLOB              -- gitpod.v1.RunnerConfigurationSchema
) STRICT, WITHOUT ROWID;

-- What filters of environment classes ask of runners, without the schemas, which are large.
CREATE INDEX runners_by_kind ON runners (kind, provider, registered, id);

CREATE TABLE environment_classes (
    id        BLOB    NOT NULL PRIMARY KEY,
    runner_id BLOB    NOT NULL REFERENCES runners (id),
    enabled   INTEGER NOT NULL,
    sealed_to BLOB,             -- SHA-256 of the public key that secret fields were sealed to
    message   BLOB    NOT NULL  -- gitpod.v1.EnvironmentClass
) STRICT, WITHOUT ROWID;

CREATE INDEX environment_classes_by_enabled ON environment_classes (enabled, id);
CREATE INDEX environment_classes_by_runner ON environment_classes (runner_id, id);
CREATE INDEX environment_classes_by_runner_enabled ON environment_classes (runner_id, enabled, id);

CREATE TABLE scm_integrations (
    id           BLOB    NOT NULL PRIMARY KEY,
    runner_id    BLOB    NOT NULL REFERENCES runners (id),
    host         TEXT    NOT NULL, -- in the form in which hosts are compared
    offers_oauth INTEGER NOT NULL,
    offers_pat   INTEGER NOT NULL,
    sealed_to    BLOB,             -- SHA-256 of the public key that the client secret was sealed to
    message      BLOB    NOT NULL  -- gitpod.v1.SCMIntegration
) STRICT, WITHOUT ROWID;

CREATE INDEX scm_integrations_by_runner ON scm_integrations (runner_id, id);
CREATE INDEX scm_integrations_by_runner_host ON scm_integrations (runner_id, host, id);

CREATE TABLE host_authentication_tokens (
    id                BLOB    NOT NULL PRIMARY KEY,
    runner_id         BLOB    NOT NULL REFERENCES runners (id),
    principal         INTEGER NOT NULL, -- of the owner: gitpod.v1.Principal
    subject_id        BLOB    NOT NULL, -- of the owner
    host              TEXT    NOT NULL, -- in the form in which hosts are compared
    source            INTEGER NOT NULL, -- gitpod.v1.HostAuthenticationTokenSource
    integration_id    BLOB             REFERENCES scm_integrations (id),
    message           BLOB    NOT NULL, -- gitpod.v1.HostAuthenticationToken
    token             BLOB    NOT NULL, -- sealed
    token_key         BLOB    NOT NULL, -- SHA-256 of the public key that it was sealed to
    refresh_token     BLOB,             -- sealed
    refresh_token_key BLOB              -- SHA-256 of the public key that it was sealed to
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX host_authentication_tokens_by_use
    ON host_authentication_tokens (runner_id, host, subject_id, principal);
CREATE INDEX host_authentication_tokens_by_runner ON host_authentication_tokens (runner_id, id);
CREATE INDEX host_authentication_tokens_by_subject ON host_authentication_tokens (subject_id, id);
CREATE INDEX host_authentication_tokens_by_runner_subject
    ON host_authentication_tokens (runner_id, subject_id, id);
CREATE INDEX host_authentication_tokens_by_integration
    ON host_authentication_tokens (integration_id, id) WHERE integration_id IS NOT NULL;

CREATE TABLE llm_integrations (
    id                BLOB    NOT NULL PRIMARY KEY,
    runner_id         BLOB    NOT NULL REFERENCES runners (id),
    enabled           INTEGER NOT NULL, -- its phase is AVAILABLE
    api_key_sealed_to BLOB,             -- SHA-256 of the public key that the API key was sealed to
    headers_sealed_to BLOB,             -- SHA-256 of the public key that header values were sealed to
    message           BLOB    NOT NULL  -- gitpod.v1.LLMIntegration
) STRICT, WITHOUT ROWID;

CREATE INDEX llm_integrations_by_runner ON llm_integrations (runner_id, id);
CREATE INDEX llm_integrations_by_runner_enabled ON llm_integrations (runner_id, enabled, id);

-- Times are microseconds since 1970.
CREATE TABLE api_keys (
    id         BLOB    NOT NULL PRIMARY KEY, -- 16 zero bytes: the admin key of the data folder
    hash       BLOB    NOT NULL UNIQUE,      -- SHA-256 of the key
    role       INTEGER NOT NULL,             -- 1: admin
    principal  INTEGER NOT NULL,             -- whom it stands for: gitpod.v1.Principal
    subject_id BLOB    NOT NULL,
    read_only  INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- Who changed what. Only ever appended to.
CREATE TABLE changes (
    sequence   INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL, -- microseconds since 1970
    principal  INTEGER,          -- gitpod.v1.Principal; null: the operator of the machine
    subject_id BLOB,
    action     TEXT    NOT NULL, -- the RPC or command
    object     BLOB    NOT NULL
) STRICT;
