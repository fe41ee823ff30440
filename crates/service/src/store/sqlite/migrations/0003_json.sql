-- `json` is the JSON text of `message`, of which replies in JSON are made as it is. Null where there is none: then the
-- reply is made of the message.
--
-- With it, rows are too long for tables WITHOUT ROWID: those keep whole rows in the inner pages of their tree, which makes
-- it deep. Rows go in in the order of their ids, so that a list reads neighbours.
--
-- Foreign keys are switched off while this runs: a table that others refer to is replaced.

CREATE TABLE new_environment_classes (
    id        BLOB    NOT NULL PRIMARY KEY,
    runner_id BLOB    NOT NULL REFERENCES runners (id),
    enabled   INTEGER NOT NULL,
    sealed_to BLOB,             -- SHA-256 of the public key that secret fields were sealed to
    message   BLOB    NOT NULL, -- gitpod.v1.EnvironmentClass
    json      BLOB
) STRICT;

INSERT INTO new_environment_classes
    SELECT *, NULL FROM environment_classes ORDER BY id;

DROP TABLE environment_classes;
ALTER TABLE new_environment_classes RENAME TO environment_classes;

CREATE INDEX environment_classes_by_enabled ON environment_classes (enabled, id);
CREATE INDEX environment_classes_by_runner ON environment_classes (runner_id, id);
CREATE INDEX environment_classes_by_runner_enabled ON environment_classes (runner_id, enabled, id);

CREATE TABLE new_scm_integrations (
    id           BLOB    NOT NULL PRIMARY KEY,
    runner_id    BLOB    NOT NULL REFERENCES runners (id),
    host         TEXT    NOT NULL, -- in the form in which hosts are compared
    offers_oauth INTEGER NOT NULL,
    offers_pat   INTEGER NOT NULL,
    sealed_to    BLOB,             -- SHA-256 of the public key that the client secret was sealed to
    message      BLOB    NOT NULL, -- gitpod.v1.SCMIntegration
    json         BLOB
) STRICT;

INSERT INTO new_scm_integrations
    SELECT *, NULL FROM scm_integrations ORDER BY id;

DROP TABLE scm_integrations;
ALTER TABLE new_scm_integrations RENAME TO scm_integrations;

CREATE INDEX scm_integrations_by_runner ON scm_integrations (runner_id, id);
CREATE INDEX scm_integrations_by_runner_host ON scm_integrations (runner_id, host, id);

CREATE TABLE new_host_authentication_tokens (
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
    refresh_token_key BLOB,             -- SHA-256 of the public key that it was sealed to
    json              BLOB
) STRICT;

INSERT INTO new_host_authentication_tokens
    SELECT *, NULL FROM host_authentication_tokens ORDER BY id;

DROP TABLE host_authentication_tokens;
ALTER TABLE new_host_authentication_tokens RENAME TO host_authentication_tokens;

CREATE UNIQUE INDEX host_authentication_tokens_by_use
    ON host_authentication_tokens (runner_id, host, subject_id, principal);
CREATE INDEX host_authentication_tokens_by_runner ON host_authentication_tokens (runner_id, id);
CREATE INDEX host_authentication_tokens_by_subject ON host_authentication_tokens (subject_id, id);
CREATE INDEX host_authentication_tokens_by_runner_subject
    ON host_authentication_tokens (runner_id, subject_id, id);
CREATE INDEX host_authentication_tokens_by_integration
    ON host_authentication_tokens (integration_id, id) WHERE integration_id IS NOT NULL;

CREATE TABLE new_llm_integrations (
    id                BLOB    NOT NULL PRIMARY KEY,
    runner_id         BLOB    NOT NULL REFERENCES runners (id),
    enabled           INTEGER NOT NULL, -- its phase is AVAILABLE
    api_key_sealed_to BLOB,             -- SHA-256 of the public key that the API key was sealed to
    headers_sealed_to BLOB,             -- SHA-256 of the public key that header values were sealed to
    message           BLOB    NOT NULL, -- gitpod.v1.LLMIntegration
    json              BLOB
) STRICT;

INSERT INTO new_llm_integrations
    SELECT *, NULL FROM llm_integrations ORDER BY id;

DROP TABLE llm_integrations;
ALTER TABLE new_llm_integrations RENAME TO llm_integrations;

CREATE INDEX llm_integrations_by_runner ON llm_integrations (runner_id, id);
CREATE INDEX llm_integrations_by_runner_enabled ON llm_integrations (runner_id, enabled, id);
