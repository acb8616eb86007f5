# haproxy.cfg without TLS, at port 80: behind a proxy that ends TLS.
/^frontend plain$/,/^$/d
/^ *ssl-default-/d
/Certificate and key in one file/d
s/bind :443 ssl .*/bind :80/
