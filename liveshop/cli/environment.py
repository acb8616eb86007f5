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
