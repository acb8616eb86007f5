-- Two roles: `liveshop` owns the tables, and `liveshop migrate` changes them as that role. Everything
-- else that runs, nodes above all, is `liveshop_app`, which reads and writes rows and can make, change
-- or drop no table.
--
-- Run this in liveshop's database, as `liveshop` if it may create roles and owns the database, else
-- as a superuser: before the first migration or after any, as often as you like. Tables of later
-- migrations are covered. Then give the new role a password, as password.sql does.

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'liveshop_app') THEN
        CREATE ROLE liveshop_app LOGIN;
    END IF;
END $$;

-- PUBLIC is every role. A schema from before PostgreSQL 15 lets all make tables in it, and every
-- database lets all make temporary ones.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
DO $$ BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO liveshop_app', current_database());
END $$;

GRANT USAGE ON SCHEMA public TO liveshop_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO liveshop_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO liveshop_app;
ALTER DEFAULT PRIVILEGES FOR ROLE liveshop IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO liveshop_app;
ALTER DEFAULT PRIVILEGES FOR ROLE liveshop IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO liveshop_app;
