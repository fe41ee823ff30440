-- `json` is the JSON text of `message`, of which replies in JSON are made as it is. Null where there is none: then the
-- reply is made of the message.

ALTER TABLE environment_classes ADD COLUMN IF NOT EXISTS json bytea;
ALTER TABLE scm_integrations ADD COLUMN IF NOT EXISTS json bytea;
ALTER TABLE host_authentication_tokens ADD COLUMN IF NOT EXISTS json bytea;
ALTER TABLE llm_integrations ADD COLUMN IF NOT EXISTS json bytea;
