"""The ways in from outside, by the names that the command line takes."""

from typing import Final

from tests.fuzz.codec import BODY, COMMAND, JSON, TOKEN
from tests.fuzz.growth import GROWTH
from tests.fuzz.heads import HEADS
from tests.fuzz.shopify_csv import CSV
from tests.fuzz.target import Target
from tests.fuzz.visits import VISIT

TARGETS: Final[dict[str, Target]] = {
    "body": BODY,
    "command": COMMAND,
    "csv": CSV,
    "growth": GROWTH,
    "head": HEADS,
    "json": JSON,
    "token": TOKEN,
    "visit": VISIT,
}
