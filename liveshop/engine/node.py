"""The parts that all rooms of a node share: stores, clock, metrics, and who is reachable."""

from dataclasses import dataclass, field
from uuid import uuid4

import anyio

from liveshop.core.feature import KERNEL, Vocabulary
from liveshop.core.limits import POSTGRES_SILENCE_MS_MAX
from liveshop.core.people import People
from liveshop.core.settings import Settings
from liveshop.engine.access import Access
from liveshop.engine.activity import ActivityLog
from liveshop.engine.clock import Clock
from liveshop.engine.metrics import Metrics
from liveshop.engine.purchase.lateness import Lateness
from liveshop.engine.tracing import Trace
from liveshop.stores.failpoints import Reach, pass_by, reach
from liveshop.stores.postgres.access import AccessLists
from liveshop.stores.postgres.activity import ActivityStore
from liveshop.stores.postgres.database import Database
from liveshop.stores.postgres.payments import Payments
from liveshop.stores.postgres.people import Strangers, people_of
from liveshop.stores.postgres.stores import Stores
from liveshop.stores.redis.bus import Bus
from liveshop.stores.redis.library import Library
from liveshop.stores.redis.link import RedisLink

_SILENCE_S = POSTGRES_SILENCE_MS_MAX / 1000


@dataclass(frozen=True, slots=True)
class Health:
    """Which stores answer, and whether the node is there to stay; all must be for it to serve."""

    redis: bool
    postgres: bool
    bus: bool
    staying: bool

    @property
    def ready(self) -> bool:
        """Whether the node can serve."""
        return self.redis and self.postgres and self.bus and self.staying


@dataclass(slots=True)
class Node:
    """One server process. It owns nothing: kill it, and its viewers reconnect to another."""

    settings: Settings
    database: Database
    link: RedisLink
    library: Library
    bus: Bus
    stores: Stores
    vocabulary: Vocabulary
    access: Access
    activity: ActivityLog
    clock: Clock = field(default_factory=Clock)
    metrics: Metrics = field(default_factory=Metrics)
    lateness: Lateness = field(default_factory=Lateness)
    node_id: str = field(default_factory=lambda: uuid4().hex)
    postgres_up: bool = False
    # Since when Postgres has been asked without an answer.
    postgres_asked_s: float | None = None
    # Whether all that it needs has answered at once, at least in the past.
    opened: bool = False
    retired: bool = False
    reach: Reach = pass_by
    # The function that is told of each purchase that has ended, if there is one.
    trace: Trace | None = None
    people: People = field(default_factory=Strangers)

    @classmethod
    def of(
        cls,
        settings: Settings,
        database: Database,
        link: RedisLink,
        bus: Bus,
        vocabulary: Vocabulary = KERNEL,
    ) -> "Node":
        """Return a node on these stores."""
        at_failpoint = reach(settings.failpoint)
        stores = Stores(database, vocabulary)
        stores.put(Payments(database, reach=at_failpoint))
        clock, metrics = Clock(), Metrics(vocabulary.metrics)
        return cls(
            settings=settings,
            database=database,
            link=link,
            library=Library(),
            bus=bus,
            stores=stores,
            vocabulary=vocabulary,
            access=Access(stores[AccessLists], bus, clock.now_ms),
            activity=ActivityLog(stores[ActivityStore], metrics, clock.now_ms),
            clock=clock,
            metrics=metrics,
            reach=at_failpoint,
            people=people_of(vocabulary, settings, stores),
        )

    @property
    def knows_time(self) -> bool:
        """Whether Redis' clock is known, so that the time is not just this machine's guess."""
        return self.clock.observed

    def now_ms(self) -> int:
        """Return the time by Redis' clock, as well as it is known."""
        return self.clock.now_ms()

    def retire(self) -> None:
        """Say from now on that this node is not ready: it is about to stop."""
        self.retired = True

    @property
    def health(self) -> Health:
        """Return which stores answer now."""
        return Health(
            redis=self.link.connected and self.clock.observed,
            postgres=self.postgres_answers,
            bus=self.bus.alive,
            staying=not self.retired,
        )

    @property
    def joinable(self) -> bool:
        """Whether viewers may be sent here.

        An unavailable store does not change it. All nodes lose the store at once, and viewers can
        watch and join loaded rooms without one.
        """
        return not self.retired and (self.opened or self.health.ready)

    @property
    def stores_up(self) -> bool:
        """Whether Redis and Postgres answer."""
        return self.link.connected and self.postgres_answers

    @property
    def postgres_answers(self) -> bool:
        """Whether Postgres answers; one that keeps silent for too long is away."""
        asked_s = self.postgres_asked_s
        silent = asked_s is not None and anyio.current_time() - asked_s > _SILENCE_S
        return self.postgres_up and not silent
