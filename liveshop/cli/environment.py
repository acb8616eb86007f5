"""The settings that a command reads from the environment."""

import os
import ssl
from pathlib import Path
from typing import Final

import click

from liveshop.core.settings import Settings, SettingsError
from liveshop.core.url import parse_url

# Options of the stores' URLs that name a file or, the second, a folder.
_FILES: Final = (
    *("ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile"),
    *("sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile"),
)


def read_settings() -> Settings:
    """Return the checked settings; a bad one ends the command with one clear line."""
    try:
        settings = Settings.read(os.environ)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    for name in ("redis_url", "postgres_url"):
        if (flaw := _flaw_here(getattr(settings, name))) is not None:
            raise click.ClickException(f"LIVESHOP_{name.upper()}: {flaw}")
    return settings


def _flaw_here(url: str) -> str | None:
    """Return what keeps a URL's options from taking effect on this machine, None if nothing does.

    Otherwise a node would start, and try to connect for ever.
    """
    options = dict(parse_url(url).options)
    for name in _FILES:
        if name in options and not os.access(options[name], os.R_OK):
            return f"its option {name} names {options[name]}, which cannot be read here"
    if options.get("sslmode", "").startswith("verify-") and "sslrootcert" not in options:
        usual = Path("~/.postgresql/root.crt").expanduser()
        if not (os.environ.get("PGSSLROOTCERT") or usual.exists()):
            return (
                f"its sslmode needs a root certificate: write sslrootcert=…, or put it in {usual}"
            )
    if "ssl_ciphers" in options:
        try:
            ssl.create_default_context().set_ciphers(options["ssl_ciphers"])
        except ssl.SSLError:
            return f"its option ssl_ciphers names none that there is: {options['ssl_ciphers']}"
    return None


def settings_with_keys() -> Settings:
    """Return the settings of a command that makes or checks tokens."""
    settings = read_settings()
    try:
        settings.require_keys()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    return settings


def without_postgres() -> dict[str, str]:
    """Return the environment without what libpq and asyncpg add to the URL of a server of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def forget_postgres() -> None:
    """Take that out of this process' environment: PGSSLMODE, PGSERVICE and the like."""
    for name in os.environ.keys() - without_postgres().keys():
        del os.environ[name]
