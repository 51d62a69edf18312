-- Flows: requests that go from state to state. What a flow asks and does is in its definition, named
-- by its SHA-256; one that runs keeps the definition with which it began.
CREATE TABLE flow_definition (
    id TEXT PRIMARY KEY,
    definition TEXT NOT NULL
);
-- version: how many events it has. subject_id: the record that it is about. typed: what was typed
-- into its forms, JSON. due_on: by which day it should leave its state.
CREATE TABLE flow (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    flow TEXT NOT NULL,
    definition_id TEXT NOT NULL REFERENCES flow_definition (id),
    organization_id TEXT NOT NULL REFERENCES organization (id),
    subject_id TEXT,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    ended BOOLEAN NOT NULL,
    typed TEXT NOT NULL,
    due_on TEXT,
    entered_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
);
CREATE INDEX flow_ended ON flow (ended, definition_id, state);
CREATE INDEX flow_organization ON flow (organization_id, updated_at);
CREATE INDEX flow_subject ON flow (subject_id);
-- What happened to a flow, one row a click that counted. kind: taken, or approved where others must
-- approve as well. actor and for_actor: accounts, or who has none by name. plan: what was done, JSON;
-- seen: its SHA-256 together with what it rests on, as it was shown.
CREATE TABLE flow_event (
    id TEXT PRIMARY KEY,
    flow_id TEXT NOT NULL REFERENCES flow (id),
    number INTEGER NOT NULL,
    step TEXT NOT NULL,
    kind TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    actor TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    for_actor TEXT,
    for_name TEXT,
    at INTEGER NOT NULL,
    typed TEXT NOT NULL,
    plan TEXT NOT NULL,
    seen TEXT NOT NULL,
    UNIQUE (flow_id, number)
);
-- What goes out of the database: how far it has come. state: waiting, sending, done, unsure, failed.
CREATE TABLE flow_effect (
    id TEXT PRIMARY KEY,
    flow_id TEXT NOT NULL REFERENCES flow (id),
    number INTEGER NOT NULL,
    place INTEGER NOT NULL,
    effect TEXT NOT NULL,
    state TEXT NOT NULL,
    said TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (flow_id, number, place)
);
-- Who takes steps in somebody's place, of all flows or of one kind, from day to day.
CREATE TABLE flow_substitute (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    substitute_id TEXT NOT NULL REFERENCES account (id),
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    ended_at INTEGER
);
CREATE INDEX flow_substitute_of ON flow_substitute (substitute_id, ends_on);
