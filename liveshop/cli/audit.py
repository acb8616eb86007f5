"""`liveshop audit`: check what the engine promises against what the stores say."""

import asyncio

import anyio
import click

from liveshop.cli.environment import read_settings
from liveshop.cli.reach import reason, require_schema, try_redis, until_connected
from liveshop.core.errors import LiveshopError
from liveshop.core.settings import Settings
from liveshop.core.wire import encode_one
from liveshop.stores import audit as promises
from liveshop.stores.postgres.audit import Finding
from liveshop.stores.postgres.database import Database
from liveshop.stores.redis.link import RedisLink


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def audit(as_json: bool) -> None:
    """Check the promises P1 to P5, and Redis against Postgres; exits 1 on any finding.

    It may run while sessions are live. Reads LIVESHOP_POSTGRES_URL and LIVESHOP_REDIS_URL.
    """
    try:
        found = asyncio.run(_audit(read_settings()))
    except LiveshopError as error:
        raise click.ClickException(
            f"a store does not answer: {reason(error)}; `liveshop doctor` says more"
        ) from error
    if as_json:
        rows = [{"promise": finding.promise, "what": finding.what} for finding in found]
        click.echo(encode_one({"findings": rows}))
    else:
        for finding in found:
            click.echo(f"{finding.promise}  {finding.what}")
        click.echo(f"{len(found)} findings." if found else "Every promise is kept.")
    if found:
        raise SystemExit(1)


async def _audit(settings: Settings) -> list[Finding]:
    await try_redis(settings.redis_url)
    await require_schema(settings.postgres_url)
    database = Database(settings.postgres_url, pool_max=1)
    link = RedisLink(settings.redis_url)
    async with anyio.create_task_group() as tasks:
        for store in (database, link):
            await tasks.start(store.run)
        await until_connected(link)
        found: list[Finding] | LiveshopError
        try:
            found = await promises.audit(database, link)
        except LiveshopError as error:
            # Carried out of the task group, which would wrap it up with others.
            found = error
        tasks.cancel_scope.cancel()
    if isinstance(found, LiveshopError):
        raise found
    return found
