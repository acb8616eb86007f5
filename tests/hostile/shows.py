"""Other shows than the one that is watched: scheduled, settled, or with a large snapshot."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from loadtests.kit.worker import WorkerFailed
from tests.hostile.victim import Victim

_MAKERS: Final = 8
_STARTS_AT_MS: Final = 4_000_000_000_000
_PRODUCTS: Final = 100
_VARIANTS: Final = 40


def make_others(victim: Victim, name: str, state: str, count: int) -> tuple[str, ...]:
    """Make so many shows in a state; return their ids."""
    match state:
        case "":
            return ()
        case "large":
            return tuple(_large(victim, f"{name}-{number}") for number in range(count))
        case "scheduled":
            return _each(victim, count, settled=False)
        case "settled":
            return _each(victim, count, settled=True)
    raise WorkerFailed(f"no show is {state}")


def _each(victim: Victim, count: int, *, settled: bool) -> tuple[str, ...]:
    def make(number: int) -> str:
        fields = {} if settled else {"starts_at_ms": _STARTS_AT_MS}
        made = victim.ask("POST", "/api/sessions", {"title": f"Show {number}", **fields})
        session_id = str(made["id"])
        if settled:
            victim.command(session_id, "session.start")
            victim.command(session_id, "session.end")
        return session_id

    with ThreadPoolExecutor(_MAKERS) as makers:
        return tuple(makers.map(make, range(count)))


def _large(victim: Victim, name: str) -> str:
    """Make a live show whose snapshot has some 4,000 variants."""
    session_id = str(victim.ask("POST", "/api/sessions", {"title": "Large"})["id"])
    for number in range(_PRODUCTS):
        product_id = f"{name[-40:]}-{number}"
        variants = [
            {"sku": f"{product_id}-{each}", "label": f"Size {each}", "price": 5_000, "stock": 9}
            for each in range(_VARIANTS)
        ]
        product = {"product_id": product_id, "title": "Shirt " + "x" * 150, "variants": variants}
        victim.ask("POST", "/api/products", product)
        units = {str(variant["sku"]): 9 for variant in variants}
        victim.command(session_id, "product.add", product_id=product_id, units=units)
    victim.command(session_id, "session.start")
    return session_id
