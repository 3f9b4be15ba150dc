-- The store's first schema.
--
-- Times are RFC 3339 text in UTC with milliseconds, so that they also sort as text.
-- JSON columns hold what is only ever read as a whole.
-- `key` columns are numbers that stand in for a long text where that text would be repeated in
-- very many rows; they mean nothing outside this file.

-- Marks the file as ours ("dfer" in ASCII), so that another program's database is never changed.
PRAGMA application_id = 0x64666572;

CREATE TABLE experiment (
    name       TEXT NOT NULL PRIMARY KEY,
    question   TEXT NOT NULL,
    yaml       TEXT NOT NULL,                                   -- the file as it was run last
    compare    TEXT CHECK (compare IS NULL OR json_valid(compare)),
    benchmarks TEXT NOT NULL CHECK (json_valid(benchmarks)),
    created    TEXT NOT NULL,
    updated    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A run is done once, however many experiments ask for it: its id is the hash of all it depends on.
-- AUTOINCREMENT: the key of a deleted run must not come back while someone still writes to it.
CREATE TABLE run (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    benchmark  TEXT    NOT NULL,
    synthetic  INTEGER NOT NULL CHECK (synthetic IN (0, 1)),
    fold       INTEGER NOT NULL,
    seed       INTEGER NOT NULL,                                -- 64 bits without a sign, stored as if signed
    settings   TEXT    NOT NULL CHECK (json_valid(settings)),
    classes    TEXT    NOT NULL CHECK (json_valid(classes)),    -- class names in label order
    provenance TEXT    CHECK (provenance IS NULL OR json_valid(provenance)),
    status     TEXT    NOT NULL CHECK (status IN ('queued', 'running', 'done', 'failed', 'interrupted')),
    failure    TEXT,
    host       TEXT,                                            -- host, process, heartbeat: who works on it,
    process    INTEGER,                                         -- and when it last gave a sign of life
    heartbeat  TEXT,
    started    TEXT,
    finished   TEXT
) STRICT;

-- Which runs an experiment consists of. A link stays when an edited plan no longer has the run,
-- with `in_plan` 0, so that it can be said what was left out.
CREATE TABLE experiment_run (
    experiment TEXT    NOT NULL REFERENCES experiment (name) ON DELETE CASCADE,
    run        INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
    levels     TEXT    NOT NULL CHECK (json_valid(levels)),     -- the run's place in the grid
    position   INTEGER NOT NULL,                                -- its place in the plan, from 0
    in_plan    INTEGER NOT NULL CHECK (in_plan IN (0, 1)),
    PRIMARY KEY (experiment, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX experiment_run_by_run ON experiment_run (run);

-- Names of series and of clips. Their rows are never deleted, so a key may be kept in memory.
CREATE TABLE series (
    key  INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE clip (
    key  INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- SQLite has no NaN: NULL means NaN here. Infinities are stored as such.
CREATE TABLE point (
    run    INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
    series INTEGER NOT NULL REFERENCES series (key),
    epoch  INTEGER NOT NULL,
    value  REAL,
    PRIMARY KEY (run, series, epoch)
) STRICT, WITHOUT ROWID;

-- The epoch that a rule selected, and what the model said of each test clip after it.
CREATE TABLE selection (
    key   INTEGER PRIMARY KEY,
    run   INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
    rule  TEXT    NOT NULL,
    epoch INTEGER NOT NULL,
    UNIQUE (run, rule)
) STRICT;
CREATE TABLE prediction (
    selection INTEGER NOT NULL REFERENCES selection (key) ON DELETE CASCADE,
    clip      INTEGER NOT NULL REFERENCES clip (key),
    target    INTEGER NOT NULL,
    predicted INTEGER NOT NULL,
    PRIMARY KEY (selection, clip)
) STRICT, WITHOUT ROWID;

-- The prompts as the run used them, in label order.
CREATE TABLE prompt (
    run       INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    class     TEXT    NOT NULL,
    text      TEXT    NOT NULL,
    token_ids TEXT    NOT NULL CHECK (json_valid(token_ids)),
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
    run     INTEGER NOT NULL REFERENCES run (key) ON DELETE CASCADE,
    rule    TEXT    NOT NULL,
    epoch   INTEGER NOT NULL,
    path    TEXT    NOT NULL,
    written TEXT    NOT NULL,
    PRIMARY KEY (run, rule)
) STRICT, WITHOUT ROWID;
