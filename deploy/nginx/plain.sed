# liveshop.conf without TLS, at port 80: for docker-compose.yml, and behind a proxy that ends TLS.
/^# Plain HTTP\.$/,/^}$/d
/^ *ssl_/d
s/listen 443 ssl;/listen 80;/
