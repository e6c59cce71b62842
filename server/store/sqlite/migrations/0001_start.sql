-- Times are microseconds since 1970 in UTC; 0 is "not yet".

-- +goose Up
CREATE TABLE learners (
    id         TEXT    PRIMARY KEY,
    name       TEXT    NOT NULL,
    guest      INTEGER NOT NULL CHECK (guest IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A login is a cookie that tells who a browser is. Only the hash of its token is here.
CREATE TABLE logins (
    token_hash BLOB    PRIMARY KEY,
    learner_id TEXT    NOT NULL REFERENCES learners (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX logins_learner ON logins (learner_id);

-- Submissions are also the queue of what is to be graded: see docs/adr/0005.
CREATE TABLE submissions (
    id           TEXT    PRIMARY KEY,
    learner_id   TEXT    NOT NULL REFERENCES learners (id) ON DELETE CASCADE,
    lesson       TEXT    NOT NULL,
    item         TEXT    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('checks', 'quiz')),
    attempt      INTEGER NOT NULL CHECK (attempt >= 0), -- 0: it did not count.
    key          TEXT    NOT NULL,                      -- '': none was given.
    content_hash TEXT    NOT NULL,
    checks_hash  TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('queued', 'running', 'done')),
    verdict      TEXT    NOT NULL,
    gradable     INTEGER NOT NULL CHECK (gradable IN (0, 1)),
    points       REAL    NOT NULL,
    max_points   REAL    NOT NULL,
    received_at  INTEGER NOT NULL,
    started_at   INTEGER NOT NULL,
    finished_at  INTEGER NOT NULL,
    images       BLOB    NOT NULL, -- JSON, as are the following.
    answer       BLOB    NOT NULL,
    report       BLOB    NOT NULL,
    score        BLOB    NOT NULL,
    files        BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX submissions_key ON submissions (learner_id, lesson, item, key) WHERE key <> '';
CREATE UNIQUE INDEX submissions_attempt ON submissions (learner_id, lesson, item, attempt) WHERE attempt > 0;
CREATE INDEX submissions_learner ON submissions (learner_id, received_at);
CREATE INDEX submissions_unfinished ON submissions (received_at) WHERE state <> 'done';

CREATE TABLE labs (
    id         TEXT    PRIMARY KEY,
    learner_id TEXT    NOT NULL REFERENCES learners (id) ON DELETE CASCADE,
    lesson     TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('queued', 'creating', 'running', 'ending', 'ended', 'failed')),
    reason     TEXT    NOT NULL,
    hash       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    lease_at   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    active_at  INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    took_us    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One lab that is not over, per learner and lesson.
CREATE UNIQUE INDEX labs_open ON labs (learner_id, lesson) WHERE state NOT IN ('ended', 'failed');
CREATE INDEX labs_took ON labs (lesson, created_at) WHERE took_us > 0;

CREATE TABLE workspace_files (
    learner_id TEXT    NOT NULL REFERENCES learners (id) ON DELETE CASCADE,
    lesson     TEXT    NOT NULL,
    path       TEXT    NOT NULL,
    content    BLOB    NOT NULL,
    version    INTEGER NOT NULL CHECK (version > 0),
    saved_at   INTEGER NOT NULL,
    PRIMARY KEY (learner_id, lesson, path)
) STRICT;

-- Every version that was saved, the newest 200 of each file.
CREATE TABLE workspace_file_history (
    seq        INTEGER PRIMARY KEY,
    learner_id TEXT    NOT NULL REFERENCES learners (id) ON DELETE CASCADE,
    lesson     TEXT    NOT NULL,
    path       TEXT    NOT NULL,
    content    BLOB    NOT NULL,
    version    INTEGER NOT NULL,
    saved_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX workspace_file_history_file ON workspace_file_history (learner_id, lesson, path, seq);
