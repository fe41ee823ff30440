-- Every statement can be repeated: where a database commits changes of its schema one by one, a migration that was cut
-- short is run again from its start.
--
-- Ids are UUIDv7, so their order is that of creation. `message` is the object as clients see it, encoded as protobuf:
-- replies are made of it as it is. The other columns are what filters, checks and deletions look at. Each index ends
-- in `id`, so that a filtered list is read from where its last page ended.

CREATE TABLE IF NOT EXISTS runners (
    id         uuid    NOT NULL PRIMARY KEY,
    name       text    NOT NULL,
    kind       integer NOT NULL, -- gitpod.v1.RunnerKind
    provider   integer NOT NULL, -- gitpod.v1.RunnerProvider
    registered boolean NOT NULL, -- there is a schema
    public_key bytea,            -- X25519, 32 bytes
    schema     bytea             -- gitpod.v1.RunnerConfigurationSchema
);

CREATE TABLE IF NOT EXISTS environment_classes (
    id        uuid    NOT NULL PRIMARY KEY,
    runner_id uuid    NOT NULL REFERENCES runners (id),
    enabled   boolean NOT NULL,
    sealed_to bytea,            -- SHA-256 of the public key that secret fields were sealed to
    message   bytea   NOT NULL  -- gitpod.v1.EnvironmentClass
);

CREATE INDEX IF NOT EXISTS environment_classes_by_enabled ON environment_classes (enabled, id);
CREATE INDEX IF NOT EXISTS environment_classes_by_runner ON environment_classes (runner_id, id);
CREATE INDEX IF NOT EXISTS environment_classes_by_runner_enabled
    ON environment_classes (runner_id, enabled, id);

CREATE TABLE IF NOT EXISTS scm_integrations (
    id           uuid    NOT NULL PRIMARY KEY,
    runner_id    uuid    NOT NULL REFERENCES runners (id),
    host         text    NOT NULL, -- in the form in which hosts are compared
    offers_oauth boolean NOT NULL,
    offers_pat   boolean NOT NULL,
    sealed_to    bytea,            -- SHA-256 of the public key that the client secret was sealed to
    message      bytea   NOT NULL  -- gitpod.v1.SCMIntegration
);

CREATE INDEX IF NOT EXISTS scm_integrations_by_runner ON scm_integrations (runner_id, id);
CREATE INDEX IF NOT EXISTS scm_integrations_by_runner_host ON scm_integrations (runner_id, host, id);

CREATE TABLE IF NOT EXISTS host_authentication_tokens (
    id                uuid    NOT NULL PRIMARY KEY,
    runner_id         uuid    NOT NULL REFERENCES runners (id),
    principal         integer NOT NULL, -- of the owner: gitpod.v1.Principal
    subject_id        uuid    NOT NULL, -- of the owner
    host              text    NOT NULL, -- in the form in which hosts are compared
    source            integer NOT NULL, -- gitpod.v1.HostAuthenticationTokenSource
    integration_id    uuid             REFERENCES scm_integrations (id),
    message           bytea   NOT NULL, -- gitpod.v1.HostAuthenticationToken
    token             bytea   NOT NULL, -- sealed
    token_key         bytea   NOT NULL, -- SHA-256 of the public key that it was sealed to
    refresh_token     bytea,            -- sealed
    refresh_token_key bytea             -- SHA-256 of the public key that it was sealed to
);

CREATE UNIQUE INDEX IF NOT EXISTS host_authentication_tokens_by_use
    ON host_authentication_tokens (runner_id, host, subject_id, principal);
CREATE INDEX IF NOT EXISTS host_authentication_tokens_by_runner
    ON host_authentication_tokens (runner_id, id);
CREATE INDEX IF NOT EXISTS host_authentication_tokens_by_subject
    ON host_authentication_tokens (subject_id, id);
CREATE INDEX IF NOT EXISTS host_authentication_tokens_by_runner_subject
    ON host_authentication_tokens (runner_id, subject_id, id);
CREATE INDEX IF NOT EXISTS host_authentication_tokens_by_integration
    ON host_authentication_tokens (integration_id, id) WHERE integration_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS llm_integrations (
    id                uuid    NOT NULL PRIMARY KEY,
    runner_id         uuid    NOT NULL REFERENCES runners (id),
    enabled           boolean NOT NULL, -- its phase is AVAILABLE
    api_key_sealed_to bytea,            -- SHA-256 of the public key that the API key was sealed to
    headers_sealed_to bytea,            -- SHA-256 of the public key that header values were sealed to
    message           bytea   NOT NULL  -- gitpod.v1.LLMIntegration
);

CREATE INDEX IF NOT EXISTS llm_integrations_by_runner ON llm_integrations (runner_id, id);
CREATE INDEX IF NOT EXISTS llm_integrations_by_runner_enabled
    ON llm_integrations (runner_id, enabled, id);

-- Times are microseconds since 1970.
CREATE TABLE IF NOT EXISTS api_keys (
    id         uuid    NOT NULL PRIMARY KEY, -- the nil UUID: the admin key
    hash       bytea   NOT NULL,             -- SHA-256 of the key
    name       text    NOT NULL,
    role       integer NOT NULL,             -- 1: admin, 2: user, 3: runner
    principal  integer NOT NULL,             -- whom it stands for: gitpod.v1.Principal
    subject_id uuid    NOT NULL,
    read_only  boolean NOT NULL,
    created_at bigint  NOT NULL,
    expires_at bigint,
    revoked_at bigint
);

CREATE UNIQUE INDEX IF NOT EXISTS api_keys_by_hash ON api_keys (hash);

-- Who changed what.
CREATE TABLE IF NOT EXISTS changes (
    sequence   bigint  NOT NULL GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    at         bigint  NOT NULL, -- microseconds since 1970
    principal  integer,          -- gitpod.v1.Principal; null: the operator of the machine
    subject_id uuid,
    action     text    NOT NULL, -- the RPC or command
    object     uuid    NOT NULL,
    kind       integer NOT NULL, -- of the object
    outcome    integer NOT NULL,
    request_id text
);

-- Retention deletes the oldest.
CREATE INDEX IF NOT EXISTS changes_by_time ON changes (at);

-- The record is appended to, and its oldest part forgotten; nothing in it changes.
CREATE OR REPLACE FUNCTION changes_stay() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the record of changes is append-only'; END $$;

DROP TRIGGER IF EXISTS changes_stay ON changes;
CREATE TRIGGER changes_stay BEFORE UPDATE ON changes FOR EACH ROW EXECUTE FUNCTION changes_stay();
