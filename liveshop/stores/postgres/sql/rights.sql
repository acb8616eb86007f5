-- Rights of the role that this connection is, in PostgreSQL.

-- name: role
-- Read the role, whether it may change the schema, and the schema of our tables if it may not use
-- that. Ours are the tables of the owner of `alembic_version`.
SELECT current_user AS role,
    EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper)
    OR COALESCE(has_schema_privilege(current_schema(), 'CREATE'), false)
    OR EXISTS (
        SELECT FROM pg_class
        WHERE oid = to_regclass('alembic_version') AND pg_has_role(relowner, 'MEMBER')
    ) AS changes_schema,
    (
        SELECT string_agg(n.nspname, ', ' ORDER BY n.nspname) FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relname = 'alembic_version' AND to_regclass('alembic_version') IS NULL
            AND NOT has_schema_privilege(n.oid, 'USAGE')
    ) AS closed_schema

-- name: missing
-- Read which rights the role lacks, of those that nodes need, by table.
SELECT c.relname AS "table", string_agg(needed.privilege, ', ' ORDER BY needed.place) AS privileges
FROM pg_class AS known
JOIN pg_class AS c ON c.relnamespace = known.relnamespace AND c.relowner = known.relowner
CROSS JOIN LATERAL unnest(
    CASE WHEN c.oid = known.oid THEN ARRAY['SELECT']
    ELSE ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'] END
) WITH ORDINALITY AS needed (privilege, place)
WHERE known.oid = to_regclass('alembic_version') AND c.relkind IN ('r', 'p')
    AND NOT has_table_privilege(c.oid, needed.privilege)
GROUP BY c.relname ORDER BY c.relname
