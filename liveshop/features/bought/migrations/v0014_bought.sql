-- How shops want their buyers named to everyone.

-- name: bought_naming
-- The choice of a shop; the empty name stands for what belongs to none.
CREATE TABLE bought_naming (
    shop   text COLLATE "C" PRIMARY KEY,
    naming text NOT NULL CHECK (naming IN ('first', 'somebody', 'off'))
);
