"""Settings are checked as a whole, and a bad one is named with what would do."""

import pytest

from liveshop.core.settings import SETTINGS, Settings, SettingsError


def test_without_any_variable_every_setting_has_its_default() -> None:
    settings = Settings.read({"PATH": "/bin"})
    assert settings == Settings()
    assert (settings.port, settings.currency, settings.ping_ms) == (8000, "EUR", 25_000)
    assert (settings.connections_per_viewer_max, settings.chat_per_second) == (50, 20)


def test_a_variable_is_parsed_to_its_type() -> None:
    settings = Settings.read(
        {
            "LIVESHOP_PORT": " 9000 ",
            "LIVESHOP_ORIGINS": "https://shop.example, http://localhost:5173",
            "LIVESHOP_TRUSTED_PROXIES": "10.0.0.0/8,::1",
            "LIVESHOP_JWT_PUBLIC_KEY": "-----BEGIN PUBLIC KEY-----\\nabc",
        }
    )
    assert settings.port == 9000
    assert settings.origins == ("https://shop.example", "http://localhost:5173")
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]
    assert settings.jwt_public_key == "-----BEGIN PUBLIC KEY-----\nabc"


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert Settings.read({"LIVESHOP_PORT": "", "LIVESHOP_SECRET": " "}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("LIVESHOP_PORT", "eighty", "it must be a whole number, 1 to 65535"),
        ("LIVESHOP_CHAT_PER_SECOND", "51", "it must be between 1 and 50"),
        ("LIVESHOP_PORT", "65536", "it must be between 1 and 65535"),
        ("LIVESHOP_REDIS_URL", "localhost:6379", "it must start with redis://"),
        ("LIVESHOP_POSTGRES_URL", "mysql://db", "it must start with postgresql://"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?pgbouncer=1", "write pgbouncer=true, or leave"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?pgbouncer", "pgbouncer may only be true"),
        (
            "LIVESHOP_POSTGRES_URL",
            "postgres://a,b/x?target_session_attrs=writable",
            "write target_session_attrs=read-write, or leave it out",
        ),
        ("LIVESHOP_POSTGRES_URL", "postgres://a,b/x?target_session_attrs=any", "may only be"),
        ("LIVESHOP_SECRET", "x" * 31, "it must have at least 32 bytes"),
        ("LIVESHOP_JWT_PUBLIC_KEY", "abc", "it must be a public key in PEM"),
        ("LIVESHOP_SECRET_ISSUER", "x" * 501, "it must be up to 500 characters in one line"),
        ("LIVESHOP_JWT_AUDIENCE", "live\nshop", "it must be up to 500 characters in one line"),
        ("LIVESHOP_SECRET_ROLE_MAX", "king", "it must be one of viewer, moderator, host, admin"),
        ("LIVESHOP_JWT_ROLE_MAX", "HOST", "it must be one of viewer, moderator, host, admin"),
        ("LIVESHOP_STAFF_TOKEN_LIFE_MAX_S", "-1", "it must be between 0 and 315360000"),
        ("LIVESHOP_HOST", "http://0.0.0.0", "it must be an address or a host name"),
        ("LIVESHOP_HOST", "*", "it must be an address or a host name"),
        ("LIVESHOP_HOST", "0.0.0.0:8000", "a port is set by LIVESHOP_PORT"),
        ("LIVESHOP_HOST", "[::]:8000", "it must be an address or a host name"),
        ("LIVESHOP_ORIGINS", "https://shop.example/", "write it as https://shop.example"),
        ("LIVESHOP_ORIGINS", "https://shop.example?a=b", "write it as https://shop.example"),
        ("LIVESHOP_ORIGINS", "*", "would be every site: name those"),
        ("LIVESHOP_ORIGINS", "https://*", "a name after it"),
        ("LIVESHOP_ORIGINS", "https://*.example", "a name after it"),
        ("LIVESHOP_ORIGINS", "https://*a*.shop.example", "two stars in one label"),
        ("LIVESHOP_ORIGINS", "https://shop.*.example", "a name after it"),
        ("LIVESHOP_ORIGINS", "null", "write it as https://shop.example"),
        ("LIVESHOP_ORIGINS", "file://", "pages send none that begins with file://"),
        ("LIVESHOP_ORIGINS", "wss://shop.example", "pages send none that begins with wss://"),
        ("LIVESHOP_ORIGINS", "https://shöp..example", "shöp..example is no host name"),
        ("LIVESHOP_ORIGINS", "shop.example", "write it as https://shop.example"),
        ("LIVESHOP_ORIGINS", "https://a[::1]", "write it as https://shop.example"),
        ("LIVESHOP_ORIGINS", "https://[::1", "write it as https://shop.example"),
        ("LIVESHOP_ORIGINS", "https://shop.example:99999", "write it as https://shop.example"),
        ("LIVESHOP_ORIGINS", "https://u@shop.example", "write it as https://shop.example"),
        ("LIVESHOP_REDIS_URL", "redis://[::1]:6379,[::2]:6379", "begin with redis+sentinel://"),
        ("LIVESHOP_REDIS_URL", "redis://db?max_connections=9", "max_connections has no effect"),
        ("LIVESHOP_REDIS_URL", "redis://db?sockettimeout=9", "sockettimeout has no effect"),
        ("LIVESHOP_REDIS_URL", "redis://db?socket_timeout=9", "socket_timeout has no effect"),
        ("LIVESHOP_REDIS_URL", "redis://db?database=1", "it has no option database; there are"),
        ("LIVESHOP_REDIS_URL", "redis://db?db=one", "db must be a whole number"),
        ("LIVESHOP_REDIS_URL", "redis://db?ssl_cert_reqs=none", "begin with rediss://"),
        ("LIVESHOP_REDIS_URL", "rediss://db?ssl_cert_reqs=maybe", "must be none, optional, req"),
        ("LIVESHOP_REDIS_URL", "rediss://db?ssl_check_hostname=off", "must be true or false"),
        ("LIVESHOP_REDIS_URL", "rediss://db?ssl_min_version=1.0", "must be TLSv1.2 or TLSv1.3"),
        ("LIVESHOP_REDIS_URL", "redis://db?sentinel_password=x", "begin with redis+sentinel://"),
        ("LIVESHOP_REDIS_URL", "redis+cluster://db?max_connections=9", "has no effect"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?connect_timeout=9", "connect_timeout has no ef"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?connection_limit=9", "POSTGRES_POOL_MAX says"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?ssl=true", "write sslmode=require"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?sslmode=no-verify", "must be one of disable"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?channel_binding=require", "write channel_bi"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?synchronous_commit=off", "is durable"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?sslmod=require", "it has no option sslmod"),
        ("LIVESHOP_REDIS_URL", "redis://db/shop", "after the host only a database's number may"),
        ("LIVESHOP_REDIS_URL", "redis://db/0/1", "after the host only a database's number may"),
        ("LIVESHOP_REDIS_URL", "redis://db/-1", "after the host only a database's number may"),
        ("LIVESHOP_REDIS_URL", "redis://db/1?db=2", "both name a database: leave one out"),
        ("LIVESHOP_REDIS_URL", "redis+sentinel://s/shop/1?db=2", "both name a database"),
        ("LIVESHOP_REDIS_URL", "redis+cluster://db?db=1", "leave its option db out"),
        ("LIVESHOP_REDIS_URL", "redis://db?db=1&db=2", "it has the option db twice"),
        ("LIVESHOP_REDIS_URL", "redis://u:p@db?password=q", "leave the option password out"),
        ("LIVESHOP_REDIS_URL", "redis://u:p@db?username=v", "leave the option username out"),
        ("LIVESHOP_REDIS_URL", "redis://db/0#main", "a # ends it"),
        ("LIVESHOP_REDIS_URL", "redis://my db/0", "my db is no host"),
        (
            "LIVESHOP_REDIS_URL",
            "rediss://db?ssl_cert_reqs=none&ssl_check_hostname=yes",
            "ssl_check_hostname has no effect with ssl_cert_reqs=none",
        ),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?host=other", "host has no effect after what"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?port=6432", "port has no effect after what"),
        ("LIVESHOP_POSTGRES_URL", "postgres://%2Frun/x?port=6432", "port has no effect after"),
        ("LIVESHOP_POSTGRES_URL", "postgres://u@db/x?user=v", "user has no effect after what"),
        ("LIVESHOP_POSTGRES_URL", "postgres://u:p@db/x?password=q", "password has no effect"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?dbname=y", "dbname has no effect after what"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db?dbname=y&database=z", "database has no effect"),
        ("LIVESHOP_POSTGRES_URL", "postgres:///x?host=db&port=abc", "port must be 1 to 65535"),
        ("LIVESHOP_POSTGRES_URL", "postgres:///x?host=db&port=0", "port must be 1 to 65535"),
        ("LIVESHOP_POSTGRES_URL", "postgres:///x?host=a,b,c&port=1,2", "2 ports for 3 hosts"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?sslmode=prefer&sslmode=require", "twice"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?TimeZone=UTC&timezone=UTC", "twice"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?sslrootcert=system", "cannot be system: name a"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?ssl_min_protocol_version=1.3", "one of TLSv1"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?gsslib=kerberos", "must be one of gssapi, sspi"),
        (
            "LIVESHOP_POSTGRES_URL",
            "postgres://db/x?options=-c%20synchronous_commit%3Doff",
            "sets synchronous_commit, which has no effect: what is told as confirmed is durable",
        ),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x?options=--statement-timeout%3D9", "sets state"),
        ("LIVESHOP_POSTGRES_URL", "postgres://db/x#main", "a # ends it"),
        ("LIVESHOP_SECRET", '"' + "x" * 40 + '"', "the quotes around it are part of it"),
        ("LIVESHOP_SECRET_ISSUER", "'https://issuer.example'", "the quotes around it are part"),
        ("LIVESHOP_HOST", '"127.0.0.1"', "the quotes around it are part of it"),
        ("LIVESHOP_ORIGINS", "https://my shop.example", "write it as https://shop.example"),
        ("LIVESHOP_ORIGINS", "https://shop.example\\", "write it as https://shop.example"),
        ("LIVESHOP_ORIGINS", "https://ü*.shop.example", "a star next to a letter that browsers"),
        ("LIVESHOP_ORIGINS", "http://127.1", "127.1 is no host name"),
        ("LIVESHOP_ORIGINS", "http://0x7f.0.0.1", "0x7f.0.0.1 is no host name"),
        ("LIVESHOP_ORIGINS", "http://010.0.0.1:80", "010.0.0.1 is no host name"),
        ("LIVESHOP_ORIGINS", "http://[fe80::1%25eth0]", "browsers know no zone"),
        ("LIVESHOP_ORIGINS", "ftp://shop.example", "pages send none that begins with ftp://"),
        ("LIVESHOP_REDIS_URL", "redis+cluster://[::1]:6379,[::2]:x", "[::2]:x has no port"),
        ("LIVESHOP_POSTGRES_URL", "postgresql://[::1],[::2]:99999/x", "[::2]:99999 has no port"),
        ("LIVESHOP_TRUSTED_PROXIES", "proxy", "write addresses or networks"),
        ("LIVESHOP_CURRENCY", "euro", "three capital letters"),
        ("LIVESHOP_CURRENCY", "XYZ", "XYZ is no currency of ISO 4217"),
        ("LIVESHOP_LOG_LEVEL", "loud", "it must be one of debug, info, warning, error"),
        ("LIVESHOP_LOG_FORMAT", "xml", "it must be one of text, json"),
        ("LIVESHOP_TRACES_URL", "collector:4318", "it must start with http://"),
        ("LIVESHOP_TRACES_URL", "http://[::1", "it must start with http://"),
        ("LIVESHOP_TRACES_URL", "http:///v1", "then name a host"),
        ("LIVESHOP_FAILPOINT", "somewhere", "it must be one of after-reserve-before-reply, "),
    ],
)
def test_a_bad_value_is_named_with_its_fix(name: str, value: str, fix: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.read({name: value})
    assert str(raised.value).startswith(f"{name}: ")
    assert fix in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("LIVESHOP_REDIS_URL", "redis"),
        ("LIVESHOP_REDIS_URL", "redis+cluster"),
        ("LIVESHOP_POSTGRES_URL", "postgresql"),
    ],
)
@pytest.mark.parametrize("sign", "/?#[")
def test_no_part_of_a_password_is_in_what_is_said_of_its_signs(
    name: str, scheme: str, sign: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.read({name: f"{scheme}://shop:hush{sign}hash@host/0"})
    assert "%2F" in str(raised.value)
    assert "hush" not in str(raised.value) and "hash" not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["unix:///run/a@b", "redis+sentinel://host/name?sentinel_password=a@b"]
)
def test_the_sign_before_a_host_may_be_elsewhere_too(url: str) -> None:
    assert Settings.read({"LIVESHOP_REDIS_URL": url}).redis_url == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIVESHOP_REDIS_URL", "redis+sentinel://u:p%5B@[::1]:26379,[::2]:26379/shop"),
        ("LIVESHOP_REDIS_URL", "redis+cluster://[fe80::1%25eth0]:7000,[fe80::2%25eth0]:7000"),
        ("LIVESHOP_POSTGRES_URL", "postgresql://u:p@[::1]:5432,[::2]:5432/shop"),
    ],
)
def test_several_ipv6_hosts_are_taken_on_every_python(name: str, value: str) -> None:
    settings = Settings.read({name: value})
    assert value in (settings.redis_url, settings.postgres_url)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("https://Shop.Example", "https://shop.example"),
        ("HTTPS://shop.example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("https://shop.example:80", "https://shop.example:80"),
        ("https://shop.example.", "https://shop.example"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
        ("https://straße.example", "https://xn--strae-oqa.example"),
        ("https://магазин.рф:8443", "https://xn--80aairftm.xn--p1ai:8443"),
        ("https://my_shop.example", "https://my_shop.example"),
        ("https://*.Shop.example", "https://*.shop.example"),
        ("https://*--shop.netlify.app", "https://*--shop.netlify.app"),
        ("https://💩.example", "https://xn--ls8h.example"),
        ("http://[2001:DB8:0:0::1]:80", "http://[2001:db8::1]"),
        ("http://[::ffff:127.0.0.1]", "http://[::ffff:7f00:1]"),
        ("http://192.168.0.7:3000", "http://192.168.0.7:3000"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("ionic://localhost", "ionic://localhost"),
        ("Chrome-Extension://abcdef", "chrome-extension://abcdef"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(written: str, sent: str) -> None:
    assert Settings.read({"LIVESHOP_ORIGINS": written}).origins == (sent,)


def test_a_host_may_be_an_ipv6_address_in_brackets() -> None:
    assert Settings.read({"LIVESHOP_HOST": "[::1]"}).host == "::1"


def test_an_origin_may_be_an_ipv6_address() -> None:
    text = "https://[::1]:8443, http://[2001:db8::1]"
    settings = Settings.read({"LIVESHOP_ORIGINS": text})
    assert settings.origins == ("https://[::1]:8443", "http://[2001:db8::1]")


def test_a_misspelt_name_is_refused() -> None:
    with pytest.raises(SettingsError, match="LIVESHOP_PROT is no setting"):
        Settings.read({"LIVESHOP_PROT": "9000"})


def test_a_server_needs_a_secret_or_a_public_key() -> None:
    with pytest.raises(SettingsError, match="LIVESHOP_SECRET is not set"):
        Settings().require_keys()
    Settings(secret="s" * 32).require_keys()
    Settings(jwt_public_key="-----BEGIN PUBLIC KEY-----").require_keys()


def test_passwords_stay_out_of_the_representation() -> None:
    settings = Settings.read(
        {
            "LIVESHOP_SECRET": "s" * 32,
            "LIVESHOP_REDIS_URL": "redis://:hush@127.0.0.1/0",
            "LIVESHOP_POSTGRES_URL": "postgresql://shop:hush@127.0.0.1/shop",
        }
    )
    assert "s" * 32 not in repr(settings)
    assert "hush" not in repr(settings)


def test_every_setting_has_a_line_in_the_table() -> None:
    assert [setting.name for setting in SETTINGS[:3]] == [
        "LIVESHOP_REDIS_URL",
        "LIVESHOP_POSTGRES_URL",
        "LIVESHOP_SECRET",
    ]
    assert all(setting.kind and setting.meaning.endswith(".") for setting in SETTINGS)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("LIVESHOP_JWT_ISSUER", "LIVESHOP_JWT_PUBLIC_KEY"),
        ("LIVESHOP_JWT_AUDIENCE", "LIVESHOP_JWT_PUBLIC_KEY"),
        ("LIVESHOP_JWT_ROLE_MAX", "LIVESHOP_JWT_PUBLIC_KEY"),
    ],
)
def test_a_claim_of_a_key_that_there_is_not_is_refused_at_the_start(name: str, key: str) -> None:
    settings = Settings.read({"LIVESHOP_SECRET": "x" * 32, name: "viewer"})
    with pytest.raises(SettingsError, match=f"^{name}: it would hold for {key}, which is not set$"):
        settings.require_keys()
    both = {"LIVESHOP_SECRET": "x" * 32, name: "viewer", key: "-----BEGIN PUBLIC KEY-----"}
    Settings.read(both).require_keys()


_S3 = {
    "LIVESHOP_S3_ENDPOINT": "https://s3.example:9000",
    "LIVESHOP_S3_BUCKET": "shop-pictures",
    "LIVESHOP_S3_KEY": "AKIDEXAMPLE",
    "LIVESHOP_S3_SECRET": "not to be shown",
}


@pytest.mark.parametrize("missing", _S3)
def test_s3_is_set_whole_or_not_at_all(missing: str) -> None:
    settings = Settings.read(_S3)
    assert (settings.s3_region, settings.s3_path_style) == ("us-east-1", "yes")
    assert "not to be shown" not in repr(settings)
    rest = {name: value for name, value in _S3.items() if name != missing}
    with pytest.raises(SettingsError, match=f"^{missing} is not set: S3 needs it"):
        Settings.read(rest)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("S3_ENDPOINT", url) for url in ("s3.example", "https://", "ftp://s3.example")),
        *(("S3_ENDPOINT", url) for url in ("https://a:b@s3.example", "https://s3.example/?x")),
        *(("S3_BUCKET", name) for name in ("a", "Shop", "a/b", "-ab", "ab-", "a b", 64 * "a")),
        *(("S3_PATH_STYLE", word) for word in ("true", "1", "Yes")),
        *(("S3_KEY", "a\nb"), ("S3_REGION", "a\0b"), ("MEDIA_FOLDER", "a\nb")),
    ],
)
def test_a_bad_setting_of_uploads_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^LIVESHOP_{name}: it must be"):
        Settings.read({**_S3, f"LIVESHOP_{name}": value})
