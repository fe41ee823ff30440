-- API keys of subjects, and what an audit asks of changes.

ALTER TABLE api_keys ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;

ALTER TABLE changes ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE changes ADD COLUMN request_id TEXT;

-- Retention deletes the oldest.
CREATE INDEX changes_by_time ON changes (at);
