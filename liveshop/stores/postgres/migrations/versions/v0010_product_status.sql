-- The status of a product, and whether it is published: who sees it in the catalogue.
--
-- A node of an earlier release goes on: it leaves the columns out, and what it adds is active and
-- published, as everything was. A default that is a constant rewrites no row. Such a node still
-- shows drafts to everyone: import them once all nodes are of this release.

-- name: product_status
-- Only an active and published product is in the list that everyone reads. An unlisted one is found
-- by its id. Drafts and archived products are for hosts.
ALTER TABLE product
    ADD COLUMN status text NOT NULL DEFAULT 'active',
    ADD COLUMN published boolean NOT NULL DEFAULT true

-- name: product_status_check
-- Not validated: all rows from before have the default, and the scan would hold the lock that every
-- purchase needs.
ALTER TABLE product ADD CONSTRAINT product_status_check
    CHECK (status IN ('active', 'draft', 'archived', 'unlisted')) NOT VALID
