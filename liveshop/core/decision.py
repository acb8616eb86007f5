"""The facts that a decision is made from, and the parts that it consists of."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from msgspec import Struct

from liveshop.core.events import Event
from liveshop.core.model import Product, Row


class SystemCommand(Struct, frozen=True, kw_only=True):
    """A command that any node may attempt; the offset lets one of the nodes win."""

    # The feature that lists it; empty: the kernel.
    feature: ClassVar[str] = ""


class CloseSale(SystemCommand, frozen=True, kw_only=True):
    """End the sale that started at `offset`: its time is over, or its units are sold."""

    offset: int
    reason: Literal["timer", "sold_out"]


class MarkSoldOut(SystemCommand, frozen=True, kw_only=True):
    """Tell that the last unit of a SKU is sold."""

    sku: str


class MarkRestocked(SystemCommand, frozen=True, kw_only=True):
    """Tell that a sold-out SKU has units again."""

    sku: str


KernelSystemCommand = CloseSale | MarkSoldOut | MarkRestocked


class Facts(Struct, frozen=True, kw_only=True):
    """The facts that a decision needs beyond the session's state; the stores look them up.

    `product` is the catalogue's, for AddProduct and AddStock; None where there is none. `rows` are
    all the session's, by name, as Postgres has them. `found` is what features have looked up for
    the command, by their names: see `RoomPart.look_up`.
    """

    now_ms: int
    catalogue_currency: str
    rows: Mapping[str, Row] = {}
    product: Product | None = None
    found: Mapping[str, Any] = {}


class Move(Struct, frozen=True, kw_only=True):
    """Units that leave the catalogue's stock for the session's allocation."""

    sku: str
    units: int


class NewRow(Struct, frozen=True, kw_only=True):
    """A row of units to make, for a sale that has its own."""

    row: str
    units: int


class Decision(Struct, frozen=True, kw_only=True):
    """Events to append, with what moves in the same transaction.

    `writes` are records that a feature keeps next to the log: it says how, by their classes.
    If it is `done`, an earlier command with the same name has appended these events already.
    """

    events: tuple[Event, ...]
    moves: tuple[Move, ...] = ()
    rows: tuple[NewRow, ...] = ()
    writes: tuple[Struct, ...] = ()
    done: bool = False
