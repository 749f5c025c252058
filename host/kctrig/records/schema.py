"""The tables. Events can be added and never changed; everything else can be made again from them."""

from __future__ import annotations

VERSION = 1
APPLICATION_ID = 0x4B435452  # "KCTR", so that `file` and the store itself can tell what it is

MEMORY = "CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID"
"""What was learned, such as paces: no evidence. Made when a store is opened, for stores older than it."""

TABLES = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE secret (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    attempt INTEGER NOT NULL,
    meter_no TEXT NOT NULL,
    point TEXT NOT NULL,
    at_unix_ms INTEGER NOT NULL,
    body TEXT NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX events_by_meter ON events (meter_no, seq);
CREATE INDEX events_by_attempt ON events (attempt, seq);
CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL);
CREATE TABLE working (meter_no TEXT PRIMARY KEY, attempt INTEGER NOT NULL, owner TEXT NOT NULL) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION};
"""
