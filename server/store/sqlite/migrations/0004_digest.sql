-- What is handed in twice before it is graded is handed in once: two tabs, for example.

-- +goose Up
ALTER TABLE submissions ADD COLUMN digest TEXT NOT NULL DEFAULT ''; -- Of lesson, checks and files; '' when there may be many.

CREATE UNIQUE INDEX submissions_digest ON submissions (learner_id, lesson, item, digest) WHERE state <> 'done' AND digest <> '';
