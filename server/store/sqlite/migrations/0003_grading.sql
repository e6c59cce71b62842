-- Grades that fail on our side are tried again; what cannot be graded is set aside.
-- Regrading proposes verdicts beside the stored ones: see docs/adr/0011.

-- +goose Up
ALTER TABLE submissions ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;          -- Grades that began and did not end in a verdict.
ALTER TABLE submissions ADD COLUMN quarantined_at INTEGER NOT NULL DEFAULT 0; -- Set aside after too many tries.

CREATE INDEX submissions_quarantined ON submissions (quarantined_at) WHERE quarantined_at > 0;

CREATE TABLE regrades (
    id          TEXT    PRIMARY KEY,
    lesson      TEXT    NOT NULL,
    item        TEXT    NOT NULL,
    since_at    INTEGER NOT NULL,
    quarantined INTEGER NOT NULL CHECK (quarantined IN (0, 1)),
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE regrade_items (
    regrade_id       TEXT    NOT NULL REFERENCES regrades (id) ON DELETE CASCADE,
    submission_id    TEXT    NOT NULL REFERENCES submissions (id) ON DELETE CASCADE,
    state            TEXT    NOT NULL CHECK (state IN ('waiting', 'proposed', 'impossible', 'applied')),
    tries            INTEGER NOT NULL DEFAULT 0,
    problem          TEXT    NOT NULL DEFAULT '',
    old_verdict      TEXT    NOT NULL,
    old_gradable     INTEGER NOT NULL CHECK (old_gradable IN (0, 1)),
    old_points       REAL    NOT NULL,
    old_max_points   REAL    NOT NULL,
    old_checks_hash  TEXT    NOT NULL,
    old_report       BLOB    NOT NULL,
    old_score        BLOB    NOT NULL,
    new_verdict      TEXT    NOT NULL DEFAULT '',
    new_points       REAL    NOT NULL DEFAULT 0,
    new_max_points   REAL    NOT NULL DEFAULT 0,
    new_checks_hash  TEXT    NOT NULL DEFAULT '',
    new_report       BLOB    NOT NULL DEFAULT x'7b7d',
    new_score        BLOB    NOT NULL DEFAULT x'7b7d',
    new_images       BLOB    NOT NULL DEFAULT x'7b7d',
    graded_at        INTEGER NOT NULL DEFAULT 0,
    applied_at       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (regrade_id, submission_id)
) STRICT;

CREATE INDEX regrade_items_waiting ON regrade_items (regrade_id) WHERE state = 'waiting';
CREATE INDEX regrade_items_submission ON regrade_items (submission_id) WHERE state = 'applied';
