"""The `liveshop` command: what it can do, one module each."""

import click

from liveshop import __version__
from liveshop.cli.audit import audit
from liveshop.cli.demo import demo
from liveshop.cli.doctor import doctor
from liveshop.cli.import_ import import_
from liveshop.cli.migrate import migrate
from liveshop.cli.serve import serve
from liveshop.cli.token import token


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="liveshop %(version)s")
def main() -> None:
    """A live-shopping event engine.

    Try `liveshop demo`; run `liveshop migrate` and `liveshop serve` in earnest.
    """


for command in (demo, serve, migrate, import_, token, audit, doctor):
    main.add_command(command)
