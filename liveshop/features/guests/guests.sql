-- Guests, and from where new ones are not let in.

-- name: of_rid
-- Find the guest that was let in by a request. $1 session, $2 digests of its rid
SELECT sub FROM guest WHERE session_id = $1 AND rid = ANY($2::bytea[])

-- name: shut
-- Return a row if a network is shut to new guests of a session: a banned viewer came from there.
-- $1 digests of the network, $2 session, $3 its shop or NULL, $4 now_ms
SELECT 1
FROM banned_network AS n
JOIN ban AS b ON b.viewer_id = n.viewer_id
    AND COALESCE(b.session_id, '') = n.session_id AND COALESCE(b.shop, '') = n.shop
WHERE n.network = ANY($1::bytea[])
    AND (n.session_id = $2 OR n.session_id = '' AND n.shop = COALESCE($3, ''))
    AND (b.until_ms IS NULL OR b.until_ms > $4)
LIMIT 1

-- name: lately
-- Read how many guests came from a network since an instant, up to so many, and when the oldest of
-- them did. $1 digests of the network, $2 the instant, $3 how many
SELECT count(*) AS guests, min(at_ms) AS oldest_ms
FROM (
    SELECT at_ms FROM guest WHERE network = ANY($1::bytea[]) AND at_ms > $2
    ORDER BY at_ms DESC LIMIT $3
) AS latest

-- name: add
-- Let a guest in; no row if another was by the same rid.
-- $1 sub, $2 session, $3 digest of the rid or NULL, $4 digest of the network, $5 at_ms
INSERT INTO guest (sub, session_id, rid, network, at_ms) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (session_id, rid) WHERE rid IS NOT NULL DO NOTHING
RETURNING sub

-- name: drop_over
-- Forget some guests whose tokens have ended, and return those of them who have ordered nothing.
-- $1 let in before this instant, $2 how many at most
WITH over AS (
    SELECT sub, session_id FROM guest WHERE at_ms < $1
    ORDER BY at_ms LIMIT $2 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM guest USING over WHERE guest.sub = over.sub
)
SELECT over.sub, over.session_id, s.shop FROM over JOIN session AS s ON s.id = over.session_id
WHERE NOT EXISTS (
    SELECT FROM orders AS o WHERE o.session_id = over.session_id AND o.buyer = over.sub
)

-- name: shut_networks
-- Note the networks from which a banned viewer is connected, and that from which it was let in, if
-- it is a guest. Idempotent. $1 viewer, $2 session or '', $3 shop or '', $4 networks
INSERT INTO banned_network (network, viewer_id, session_id, shop)
SELECT network, $1, $2, $3
FROM (
    SELECT network FROM unnest($4::bytea[]) AS network
    UNION SELECT network FROM guest WHERE sub = $1
) AS networks
ON CONFLICT DO NOTHING

-- name: open_networks
-- Forget some networks whose ban is over. $1 now_ms, $2 how many at most
DELETE FROM banned_network WHERE ctid = ANY(ARRAY(
    SELECT n.ctid FROM banned_network AS n
    WHERE NOT EXISTS (
        SELECT FROM ban AS b
        WHERE b.viewer_id = n.viewer_id AND COALESCE(b.session_id, '') = n.session_id
            AND COALESCE(b.shop, '') = n.shop AND (b.until_ms IS NULL OR b.until_ms > $1)
    ) LIMIT $2
))

-- name: place
-- Read where a guest is one. $1 sub, $2 its session
SELECT $1::text AS sub, id AS session_id, shop FROM session WHERE id = $2
