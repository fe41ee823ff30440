-- API keys of subjects, and what an audit asks of changes.

ALTER TABLE api_keys ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;

ALTER TABLE changes ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;    -- of the object; 0: from before there was this column
ALTER TABLE changes ADD COLUMN outcome INTEGER NOT NULL DEFAULT 0; -- 0: likewise
ALTER TABLE changes ADD COLUMN request_id TEXT;

-- The record is appended to, and its oldest part forgotten; nothing in it changes.
CREATE TRIGGER changes_stay BEFORE UPDATE ON changes
BEGIN SELECT RAISE(ABORT, 'the record of changes is append-only'); END;

-- Retention deletes the oldest.
CREATE INDEX changes_by_time ON changes (at);
