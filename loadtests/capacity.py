"""`python -m loadtests.capacity`: how many machines so many viewers take, and what ends first.

It multiplies what was measured on one machine (`docs/benchmarks.md`); nothing is run.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import click

from loadtests.kit.report import aligned

USUAL: Final = (10_000, 100_000, 1_000_000, 10_000_000)


@dataclass(frozen=True)
class Costs:
    """CPU in microseconds and memory in bytes; `docs/capacity.md` says what measured each."""

    delivery_us: float = 7.0  # one frame to one viewer, the kernel's part included
    join_us: float = 171.0
    node_order_us: float = 97.0
    redis_order_us: float = 57.0
    postgres_order_us: float = 41.0
    # A pulse of a node looks at every node's: so much, and so much for each.
    pulse_us: float = 75.0
    pulse_per_node_us: float = 1.2
    bus_message_us: float = 2.5  # for each node that hears it
    bus_byte_us: float = 0.0002  # and for each byte, to each node
    letter_us: float = 2.0  # a node reads what another tells its buyers: a guess
    session_orders_max: float = 6_000.0  # a second: one batch of a session after the other
    viewer_bytes: float = 2_300.0
    kernel_viewer_bytes: float = 9_400.0


@dataclass(frozen=True)
class Show:
    """The load: rates are per second, `storm_s` is how long all may take to join again."""

    viewers: int
    sessions: int = 1
    events: float = 0.2
    chat: float = 20.0
    orders_per_viewer: float = 0.001
    storm_s: float = 20.0
    cores: int = 4
    busy_max: float = 0.6

    @property
    def orders(self) -> float:
        """Orders a second at the peak, over all sessions."""
        return self.viewers * self.orders_per_viewer


_VIEWERS_MAX: Final = 1_000_000_000
_PULSES: Final = 2.0  # a second, to each viewer and from each node
_CHAT_FRAMES_MAX: Final = 10.0  # a second: chat goes out every 100 ms
_FRAME_BYTES: Final = 150
_PACKET_BYTES: Final = 66  # Ethernet, IP and TCP with its timestamps
_EVENT_BYTES: Final = 400
_LETTER_BYTES: Final = 230
_LETTERS: Final = 2  # an order: `reserved` and `confirmed`
_CALL_ORDERS: Final = 64
_COMMIT_ORDERS: Final = 200


@dataclass(frozen=True)
class Need:
    """The needs of a show; shares are of one core, of a session's Redis or of all of Postgres."""

    nodes: int
    machines: int
    cores: float
    viewers_per_node: int
    memory_bytes: float
    egress_bits: float
    redis: float
    bus: float
    pulse: float
    postgres: float
    row_lock: float

    def fullest(self) -> tuple[str, float]:
        """Return what more nodes do not help, and how full it is."""
        shares = {
            "the Redis slot of a session": self.redis + self.bus + self.pulse,
            "the row of a session in Postgres": self.row_lock,
            "Postgres": self.postgres,
        }
        return max(shares.items(), key=lambda item: item[1])


def need(show: Show, costs: Costs = Costs(), *, postgres_cores: int = 8) -> Need:
    """Return what a show takes.

    A node is one process on one core. It writes frames and lets viewers in; it orders; and it
    reads what each of the other nodes of a session tells its buyers, whoever they are.
    """
    frames = _PULSES + min(show.chat, _CHAT_FRAMES_MAX) + show.events
    viewer_us = frames * costs.delivery_us + costs.join_us / show.storm_s
    order_us = show.orders_per_viewer * costs.node_order_us
    session_orders = show.orders / show.sessions
    hearing_us = session_orders * _LETTERS * costs.letter_us
    # A node hears as much, however few its viewers are.
    room_us = show.busy_max * 1e6 - min(hearing_us, 0.5 * show.busy_max * 1e6)
    per_node = max(1, int(room_us / (viewer_us + order_us)))
    nodes = math.ceil(show.viewers / per_node)
    session_nodes = max(1.0, nodes / show.sessions)
    return Need(
        nodes=nodes,
        machines=math.ceil(nodes / show.cores),
        cores=show.viewers * (viewer_us + order_us) / 1e6,
        viewers_per_node=per_node,
        memory_bytes=show.viewers * (costs.viewer_bytes + costs.kernel_viewer_bytes),
        egress_bits=show.viewers * frames * (_FRAME_BYTES + _PACKET_BYTES) * 8,
        redis=session_orders * costs.redis_order_us / 1e6,
        bus=_bus(show, costs, session_nodes, session_orders),
        pulse=session_nodes
        * _PULSES
        * (costs.pulse_us + session_nodes * costs.pulse_per_node_us)
        / 1e6,
        postgres=show.orders * costs.postgres_order_us / 1e6 / postgres_cores,
        row_lock=session_orders / costs.session_orders_max,
    )


def _bus(show: Show, costs: Costs, nodes: float, orders: float) -> float:
    """Return the share of a core that a session's messages between nodes take of its Redis."""
    if nodes < 2:
        return 0.0  # a single node publishes nothing
    told = orders / _CALL_ORDERS + orders / _COMMIT_ORDERS
    messages = show.events + show.chat + told
    size = (show.events + show.chat) * _EVENT_BYTES + orders * _LETTERS * _LETTER_BYTES
    return nodes * (messages * costs.bus_message_us + size * costs.bus_byte_us) / 1e6


def rows(shows: Sequence[Show]) -> list[tuple[str, ...]]:
    """Return a row of the table for each show."""
    found = []
    for show in shows:
        it = need(show)
        found.append(
            (
                f"{show.viewers:,}",
                f"{show.orders:,.0f}",
                f"{it.nodes:,}",
                f"{it.machines:,}",
                f"{it.memory_bytes / 2**30:,.1f}",
                f"{it.egress_bits / 1e9:,.2f}",
                *(f"{share * 100:.0f} %" for share in (it.redis, it.bus, it.pulse)),
                *(f"{share * 100:.0f} %" for share in (it.row_lock, it.postgres)),
            )
        )
    return found


def full_at(show: Show) -> tuple[int, str]:
    """Return with how many viewers, all else alike, something is full that nodes do not help."""
    low, high = 1, _VIEWERS_MAX
    while low < high:
        middle = (low + high) // 2
        if need(replace(show, viewers=middle)).fullest()[1] < 1:
            low = middle + 1
        else:
            high = middle
    return low, need(replace(show, viewers=low)).fullest()[0]


@click.command()
@click.option("--viewers", type=click.IntRange(1), multiple=True, help="May be given more often.")
@click.option("--sessions", type=click.IntRange(1), default=1, show_default=True)
@click.option("--events", type=float, default=0.2, show_default=True, help="A second.")
@click.option("--chat", type=float, default=20.0, show_default=True, help="Lines a second.")
@click.option(
    "--orders-per-viewer", type=float, default=0.001, show_default=True, help="A second, at peak."
)
@click.option("--storm", type=float, default=20.0, show_default=True, help="Seconds to join again.")
@click.option("--cores", type=click.IntRange(1), default=4, show_default=True, help="A machine.")
@click.option("--busy", type=float, default=0.6, show_default=True, help="Of a core, at most.")
def main(
    viewers: tuple[int, ...],
    sessions: int,
    events: float,
    chat: float,
    orders_per_viewer: float,
    storm: float,
    cores: int,
    busy: float,
) -> None:
    """Say how many machines so many viewers take, and what will be full first."""
    shows = [
        Show(count, sessions, events, chat, orders_per_viewer, storm, cores, busy)
        for count in viewers or USUAL
    ]
    head = (
        *("viewers", "orders/s", "nodes", f"machines of {cores}", "memory GiB", "egress Gbit/s"),
        *("Redis: orders", "bus", "pulses", "session's row", "Postgres"),
    )
    click.echo(aligned(head, rows(shows), right=range(len(head))))
    most, what = full_at(shows[0])
    click.echo(f"\nMore nodes carry more until, at some {most:,} viewers, {what} is full.")


if __name__ == "__main__":
    main()
