-- The store of a collector. Times are nanoseconds since 1970, ids are bytes, attributes are plain JSON (see plain.rs).
-- What OTLP has and no query asks for is kept as OTLP's own JSON, so that everything can be given back.

CREATE TABLE resources (
    id INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL UNIQUE,
    service TEXT NOT NULL,
    attributes TEXT NOT NULL,
    resource TEXT NOT NULL,             -- OTLP JSON
    schema_url TEXT NOT NULL
) STRICT;

CREATE TABLE scopes (
    id INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    attributes TEXT NOT NULL,
    dropped_attributes INTEGER NOT NULL,
    schema_url TEXT NOT NULL
) STRICT;

CREATE TABLE traces (
    id INTEGER PRIMARY KEY,
    trace_id BLOB NOT NULL UNIQUE,
    started INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    updated INTEGER NOT NULL,           -- when its last span came
    spans INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    root TEXT,                          -- the name of the span without a parent
    service TEXT,                       -- who told the root, or else the first span
    error TEXT,                         -- the class of the first error
    conversation TEXT
) STRICT;
CREATE INDEX traces_by_start ON traces (started);
CREATE INDEX traces_by_update ON traces (updated);
CREATE INDEX traces_by_conversation ON traces (conversation) WHERE conversation IS NOT NULL;

CREATE TABLE spans (
    id INTEGER PRIMARY KEY,
    trace INTEGER NOT NULL,             -- traces.id
    span_id BLOB NOT NULL,
    parent_id BLOB,
    name TEXT NOT NULL,
    kind INTEGER NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    status INTEGER NOT NULL,            -- 0 unset, 1 ok, 2 error
    status_message TEXT,
    operation TEXT,                     -- gen_ai.operation.name
    resource INTEGER NOT NULL,
    scope INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    events TEXT,                        -- OTLP JSON, an array
    links TEXT,                         -- OTLP JSON, an array
    trace_state TEXT,
    flags INTEGER,
    dropped_attributes INTEGER,
    dropped_events INTEGER,
    dropped_links INTEGER
) STRICT;
CREATE UNIQUE INDEX spans_once ON spans (trace, span_id);
CREATE INDEX spans_by_operation ON spans (operation, started) WHERE operation IS NOT NULL;

CREATE TABLE metrics (
    id INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    resource INTEGER NOT NULL,
    scope INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,                 -- gauge, sum, histogram, exponential_histogram, summary
    unit TEXT NOT NULL,
    description TEXT NOT NULL,
    metadata TEXT NOT NULL,
    temporality INTEGER,                -- 0 unspecified, 1 delta, 2 cumulative
    monotonic INTEGER,
    UNIQUE (fingerprint, resource, scope)
) STRICT;
CREATE INDEX metrics_by_name ON metrics (name);

CREATE TABLE points (
    id INTEGER PRIMARY KEY,
    metric INTEGER NOT NULL,
    at INTEGER NOT NULL,
    received INTEGER NOT NULL,
    value ANY,                          -- an INTEGER or a REAL, as it was told; NULL where there is none
    count INTEGER,
    sum REAL,
    attributes TEXT NOT NULL,
    point TEXT NOT NULL                 -- OTLP JSON: the metric's data with this point alone
) STRICT;
CREATE INDEX points_by_metric ON points (metric, at);

CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,                -- its time, or when it was observed, or when it came
    received INTEGER NOT NULL,
    time INTEGER NOT NULL,
    observed INTEGER NOT NULL,
    severity INTEGER NOT NULL,
    severity_text TEXT NOT NULL,
    body TEXT,                          -- plain JSON
    event TEXT NOT NULL,
    trace_id BLOB NOT NULL,
    span_id BLOB NOT NULL,
    flags INTEGER NOT NULL,
    dropped_attributes INTEGER NOT NULL,
    resource INTEGER NOT NULL,
    scope INTEGER NOT NULL,
    attributes TEXT NOT NULL
) STRICT;
CREATE INDEX logs_by_time ON logs (at);
CREATE INDEX logs_by_trace ON logs (trace_id) WHERE length(trace_id) > 0;
