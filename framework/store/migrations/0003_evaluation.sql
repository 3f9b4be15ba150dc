-- A trained model measured on test clips, apart from any training. Its id is the hash of all it
-- depends on: the same evaluation, done again, takes the place of the earlier one.
CREATE TABLE evaluation (
    key        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    checkpoint TEXT    NOT NULL,                                -- the file as it was named
    sha256     TEXT    NOT NULL,                                -- its hash
    run        TEXT,                                            -- the id of the run that wrote it, if it says so
    benchmark  TEXT    NOT NULL,
    synthetic  INTEGER NOT NULL CHECK (synthetic IN (0, 1)),
    fold       INTEGER NOT NULL,
    settings   TEXT    NOT NULL CHECK (json_valid(settings)),
    classes    TEXT    NOT NULL CHECK (json_valid(classes)),    -- class names in label order
    provenance TEXT    NOT NULL CHECK (json_valid(provenance)),
    evaluated  TEXT    NOT NULL
) STRICT;

CREATE TABLE evaluation_prediction (
    evaluation INTEGER NOT NULL REFERENCES evaluation (key) ON DELETE CASCADE,
    clip       INTEGER NOT NULL REFERENCES clip (key),
    target     INTEGER NOT NULL,
    predicted  INTEGER NOT NULL,
    PRIMARY KEY (evaluation, clip)
) STRICT, WITHOUT ROWID;
