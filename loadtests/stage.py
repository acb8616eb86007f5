"""Makes the demo's show on nodes that run, and writes the `demo.json` that Locust reads.

LIVESHOP_SECRET=… LIVESHOP_REDIS_URL=… LIVESHOP_POSTGRES_URL=… \
    python -m loadtests.stage http://127.0.0.1:8000 FOLDER
"""

import os
from pathlib import Path

import anyio
import click

from liveshop.cli.demo_api import until_ready
from liveshop.cli.demo_folder import DemoFolder, DemoInfo, demo_folder
from liveshop.cli.demo_show import prepare_show


async def _stage(
    url: str, folder: DemoFolder, secret: str, redis_url: str, postgres_url: str
) -> None:
    await until_ready(url)
    keys = folder.keys(secret)
    show = await prepare_show(url, folder, keys)
    folder.announce(
        DemoInfo(
            url=url,
            session_id=show.session_id,
            host_token=keys.host_token,
            admin_token=keys.admin_token,
            viewer_tokens=keys.viewer_tokens,
            redis_url=redis_url,
            postgres_url=postgres_url,
            pid=os.getpid(),
            secret=secret,
            api_key=show.api_key,
        )
    )


@click.command()
@click.argument("url")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--secret", envvar="LIVESHOP_SECRET", required=True, help="The nodes' secret.")
@click.option(
    "--redis-url", envvar="LIVESHOP_REDIS_URL", required=True, help="The nodes', for the audit."
)
@click.option(
    "--postgres-url", envvar="LIVESHOP_POSTGRES_URL", required=True, help="The nodes' too."
)
def main(url: str, folder: Path, secret: str, redis_url: str, postgres_url: str) -> None:
    """Make a show on the nodes at URL and keep in FOLDER what Locust has to know of it."""
    with demo_folder(folder) as opened:
        anyio.run(_stage, url, opened, secret, redis_url, postgres_url)


if __name__ == "__main__":
    main()
