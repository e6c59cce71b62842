-- +goose Up
-- What a learner missed, and when it comes back.
CREATE TABLE recall_cards (
    learner_id TEXT    NOT NULL REFERENCES learners (id) ON DELETE CASCADE,
    lesson     TEXT    NOT NULL,
    item       TEXT    NOT NULL,
    due_at     INTEGER NOT NULL,
    memory     BLOB    NOT NULL, -- JSON, as is the following.
    before     BLOB    NOT NULL,
    PRIMARY KEY (learner_id, lesson, item)
) STRICT, WITHOUT ROWID;

CREATE INDEX recall_cards_due ON recall_cards (learner_id, due_at);
