-- For psql: gives `liveshop_app` the password in the variable POSTGRES_APP_PASSWORD.
\getenv password POSTGRES_APP_PASSWORD
ALTER ROLE liveshop_app PASSWORD :'password';
