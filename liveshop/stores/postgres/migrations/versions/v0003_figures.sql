-- A host's plan and what is counted during a show, besides what is sold.

-- name: product_words
-- The words that a search finds a product by; core/words.py says what a word is.
ALTER TABLE product ADD COLUMN words tsvector NOT NULL DEFAULT ''

-- name: product_by_words
CREATE INDEX product_by_words ON product USING gin (words)

-- name: chat_words
-- The words that a session's chat refuses; the event chat.blocked says that they have changed.
CREATE TABLE chat_words (
    session_id text COLLATE "C" PRIMARY KEY REFERENCES session,
    words      text[] NOT NULL
);

-- name: show_plan
-- The plan of what a host means to do in a session; only hosts and moderators see it.
CREATE TABLE show_plan (
    session_id text COLLATE "C" PRIMARY KEY REFERENCES session,
    body       jsonb NOT NULL
);

-- name: show_sample
-- The gauges of a session that is on, every few seconds; whichever node is first writes.
-- `visitors` is how many have joined so far, NULL where that could not be asked.
CREATE TABLE show_sample (
    session_id   text COLLATE "C" NOT NULL,
    at_ms        bigint NOT NULL,
    viewers      int NOT NULL,
    viewers_peak int NOT NULL,
    visitors     int,
    likes        bigint NOT NULL,
    held         int NOT NULL,
    PRIMARY KEY (session_id, at_ms)
);

-- name: product_looks
-- How often viewers looked at a product's details in a session.
CREATE TABLE product_looks (
    session_id text COLLATE "C" NOT NULL,
    product_id text COLLATE "C" NOT NULL,
    looks      bigint NOT NULL,
    PRIMARY KEY (session_id, product_id)
);
