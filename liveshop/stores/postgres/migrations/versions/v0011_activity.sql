-- The activity log: who did what from where. The books have a check of their own, `liveshop audit`.

-- name: activity
-- One thing that somebody did or was refused; core/activity.py says what each column means. Nothing
-- refers to it, and it refers to nothing: an entry outlives what it is about.
CREATE TABLE activity (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    activity_id text COLLATE "C" NOT NULL UNIQUE,
    at_ms       bigint NOT NULL,
    subject     text COLLATE "C" NOT NULL,
    name        text NOT NULL,
    role        text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('token', 'key', 'cli')),
    action      text NOT NULL,
    object      text,
    session_id  text COLLATE "C",
    shop        text COLLATE "C",
    outcome     text NOT NULL,
    address     text
);

-- name: activity_by_shop
CREATE INDEX activity_by_shop ON activity (shop, number);

-- name: activity_by_session
CREATE INDEX activity_by_session ON activity (session_id, number);

-- name: activity_by_subject
CREATE INDEX activity_by_subject ON activity (subject, number);

-- name: activity_with_address
-- For the task that forgets addresses.
CREATE INDEX activity_with_address ON activity (at_ms) WHERE address IS NOT NULL;

-- name: refuse_change
-- A role that may write to the table may still add rows only, and forget addresses.
CREATE FUNCTION activity_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.address IS NULL
           AND to_jsonb(NEW) - 'address' = to_jsonb(OLD) - 'address' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the activity log is added to, never changed'
        USING ERRCODE = 'restrict_violation';
END
$$;

-- name: rows_stay
CREATE TRIGGER activity_rows_stay BEFORE UPDATE OR DELETE ON activity
    FOR EACH ROW EXECUTE FUNCTION activity_stays();

-- name: table_stays
CREATE TRIGGER activity_table_stays BEFORE TRUNCATE ON activity
    FOR EACH STATEMENT EXECUTE FUNCTION activity_stays();
