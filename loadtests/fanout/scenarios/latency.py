"""Ten publishes a second to a big room, and purchases meanwhile."""

from typing import Final

from loadtests.fanout.actors import Played, Script
from loadtests.fanout.bench import Bench, ratio
from loadtests.kit.report import percentile
from loadtests.kit.shop import Node, Room

_VIEWERS: Final = 10_000
_QUICK_VIEWERS: Final = 200
_PUBLISHES: Final = 10
_PURCHASES: Final = 20


def run(bench: Bench) -> None:
    """Publish and buy for a while; every delivery is timed from when its command was sent."""
    viewers = bench.size.room(_QUICK_VIEWERS if bench.size.quick else _VIEWERS)
    room = bench.shop.bench
    with (
        bench.shop.node() as node,
        bench.crowd("latency") as listeners,
        bench.actors() as actors,
    ):
        script = script_for(bench, node, room, _PUBLISHES, _PURCHASES)
        listeners.join(room.target(node.port), viewers)
        listeners.wait([node.publish(room)], viewers)
        listeners.arrivals()
        listeners.start_watching_itself()
        before = node.cpu_ns()
        played: Played = actors.ask("play", script, seconds=script.seconds + 30)
        cpu = (node.cpu_ns() - before) / script.seconds / 1e9
        reached = listeners.wait(list(played.published), viewers)
        listeners.tell_own_share()
        arrivals = listeners.arrivals()
    took_ms = [
        (stamp - sent_ns) / 1e6
        for offset, sent_ns in played.published.items()
        for stamp in arrivals.get(offset, [])
    ]
    last_ms = [
        (arrivals[offset][-1] - sent_ns) / 1e6
        for offset, sent_ns in played.published.items()
        if arrivals.get(offset)
    ]
    expected = viewers * len(played.published)
    rate = len(played.published) / script.seconds
    add = bench.report.add
    add("latency", "events published", rate, "/s", "10", f"{viewers:,} viewers")
    add("latency", "reach", 100 * ratio(reached, expected), "%", "100")
    add("latency", "command sent to viewer, p50", percentile(took_ms, 50), "ms")
    add("latency", "command sent to viewer, p99", percentile(took_ms, 99), "ms", "≤ 250")
    add("latency", "command sent to the last viewer, p99", percentile(last_ms, 99), "ms")
    add("latency", "the server's core", 100 * cpu, "%")
    report_purchases(bench, "latency", played)


def script_for(bench: Bench, node: Node, room: Room, publishes: float, purchases: float) -> Script:
    """Return what host and buyers do in a room for as long as the run is set to."""
    return Script(
        port=node.port,
        secret=bench.shop.secret,
        session_id=room.session_id,
        product_id=room.product_id,
        skus=room.skus,
        seconds=bench.size.seconds,
        publishes=publishes,
        purchases=purchases,
    )


def report_purchases(bench: Bench, scenario: str, played: Played, when: str = "") -> None:
    """Report how long purchases took, and what became of those that were not confirmed."""
    others = ", ".join(f"{count} {code}" for code, count in sorted(played.refused.items()))
    if played.unanswered:
        others = f"{others}, {played.unanswered} unanswered".removeprefix(", ")
    note = f"{len(played.confirmed):,} confirmed" + (f"; {others}" if others else "")
    for name, took_ms in (("reserved", played.reserved_ms), ("confirmed", played.confirmed_ms)):
        wanted = "≤ 25" if name == "reserved" else ""
        label = f"buy to {name}{when}"
        bench.report.add(scenario, f"{label}, p50", percentile(took_ms, 50), "ms")
        bench.report.add(scenario, f"{label}, p99", percentile(took_ms, 99), "ms", wanted, note)
