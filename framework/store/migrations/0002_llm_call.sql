-- Requests to language models, without the key that they were sent with.

CREATE TABLE llm_call (
    key               INTEGER PRIMARY KEY,
    ended             TEXT    NOT NULL,
    description_set   TEXT    NOT NULL,                         -- its name; its file is not in the store
    class             TEXT    NOT NULL,
    sample            INTEGER NOT NULL,                         -- from 1
    retry             INTEGER NOT NULL,                         -- requests for the same answer before this one
    server            TEXT    NOT NULL,
    request           TEXT    NOT NULL CHECK (json_valid(request)),
    status            INTEGER,                                  -- NULL: no answer came
    response          TEXT,                                     -- as far as it came and was read
    fault             TEXT,                                     -- NULL: the answer was kept
    seconds           REAL    NOT NULL,
    prompt_tokens     INTEGER,                                  -- as the server counts them
    completion_tokens INTEGER
) STRICT;
CREATE INDEX llm_call_by_set ON llm_call (description_set);
