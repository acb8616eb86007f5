-- The ids of payments as merchants gave them: each shop has its own.
--
-- A node of the release before goes on: it stores ids as they were given, and so does this one, but
-- where another shop's payment has the id already. To such a node that payment is a conflict, as
-- ever.

-- name: payment_by_given_id
-- Two payments of different shops may have been given the same id.
CREATE INDEX payment_by_given_id ON payment (status, (substr(id, strpos(id, chr(31)) + 1)), id);
