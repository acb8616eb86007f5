"""The scenes in their order, led from either node."""

from collections.abc import Callable

from tests.upgrade.migrating import migrate_during_a_show
from tests.upgrade.moderating import throw_out
from tests.upgrade.nodes import TwoReleases
from tests.upgrade.paying import pay
from tests.upgrade.show import SCENES, plan

# An older release reads only its own tables' books.
_OTHER_TABLES = "the database's tables are not those of this release"


async def play(both: TwoReleases, say: Callable[[str], None], *, shows: int = 2) -> None:
    """Migrate under a show, then play one planned at each node; check all books at the end.

    Nodes of one release need only one show.
    """
    await migrate_during_a_show(both)
    say("the new release migrated while the one before sold")
    for here, there in both.ways[:shows]:
        show = await plan(both, here, there)
        say(f"planned at {here.name}, opened by {there.name} after it")
        for scene in SCENES:
            await scene(show)
            say(f"  {scene.__name__}")
    await pay(both)
    say("paid elsewhere, told to either node; orders given up")
    await throw_out(both)
    say("banned, and holds released")
    kept, told = both.new.audit()
    assert kept, told
    say(f"audit of new: {told}")
    kept, told = both.before.audit()
    assert kept or _OTHER_TABLES in told, told
    say(f"audit of before: {told}")
