"""The `liveshop` command: what it can do, one module each, imported when it is asked for."""

from importlib import import_module
from typing import Final

import click

from liveshop import __version__

# Each command is the name of its module; `import` is a word of Python's.
_MODULES: Final = {
    "demo": "demo",
    "serve": "serve",
    "work": "work",
    "migrate": "migrate",
    "import": "import_",
    "token": "token",
    "reseal": "reseal",
    "audit": "audit",
    "doctor": "doctor",
}


class _Commands(click.Group):
    """A group that imports only the command in use, since the server's modules take a second."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(_MODULES)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in _MODULES:
            return None
        module = import_module(f"liveshop.cli.{_MODULES[name]}")
        command: click.Command = getattr(module, _MODULES[name])
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="liveshop %(version)s")
def main() -> None:
    """A live-shopping event engine.

    Try `liveshop demo`; run `liveshop migrate`, `liveshop serve` and `liveshop work` in earnest.
    """


if __name__ == "__main__":
    main(prog_name="liveshop")
