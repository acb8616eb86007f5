"""The settings that a command reads from the environment."""

import os

import click

from liveshop.core.settings import Settings, SettingsError


def read_settings() -> Settings:
    """Return the checked settings; a bad one ends the command with one clear line."""
    try:
        return Settings.read(os.environ)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


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
