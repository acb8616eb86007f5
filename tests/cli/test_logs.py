"""The log tells machines what it tells people, and which session and purchase it is about."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from liveshop.cli.logs import JsonLines, log_to
from tests.engine.world import open_shop


@pytest.fixture(autouse=True)
def _root_logger_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_record_is_one_object_on_one_line_with_all_that_was_given() -> None:
    stream = io.StringIO()
    log_to(logging.StreamHandler(stream), "info", "json")
    logger = logging.getLogger("liveshop.somewhere")
    logger.debug("not shown")
    try:
        raise ValueError("no\nsuch\nthing")
    except ValueError:
        logger.exception("session %s: failed", "s1", extra={"session": "s1", "rids": ["a", "b"]})
    (line,) = _lines(stream)
    assert line.pop("traceback").endswith("ValueError: no\nsuch\nthing")
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "error",
        "logger": "liveshop.somewhere",
        "message": "session s1: failed",
        "session": "s1",
        "rids": ["a", "b"],
    }


def test_what_is_given_hides_nothing_that_a_record_has() -> None:
    record = logging.makeLogRecord(
        {"msg": "told", "levelname": "INFO", "level": "forged", "odd": {1}}
    )
    line = json.loads(JsonLines().format(record))
    assert (line["message"], line["level"], line["odd"]) == ("told", "info", "{1}")


def test_text_stays_text() -> None:
    stream = io.StringIO()
    log_to(logging.StreamHandler(stream), "info")
    logging.getLogger("liveshop.somewhere").warning("told", extra={"session": "s1"})
    assert stream.getvalue().endswith(" WARNING liveshop.somewhere: told\n")


async def test_every_turn_of_a_purchase_is_logged_with_its_session_and_rid(
    redis_url: str, postgres_url: str
) -> None:
    stream = io.StringIO()
    log_to(logging.StreamHandler(stream), "debug", "json")
    async with open_shop(redis_url, postgres_url) as shop:
        session_id = await shop.live(OBS_M=1)
        await shop.opened(session_id)
        ada = await shop.join(session_id, "some-buyer")
        bought = shop.buy(ada, "OBS-M")
        await ada.sees("confirmed")
        refused = shop.buy(ada, "OBS-M")
        await ada.sees("error")
    told = [line for line in _lines(stream) if "rid" in line]
    assert all(line["session"] == session_id for line in told)
    turns = [(line["rid"], line["message"].rsplit(" ")[-1]) for line in told]
    assert turns == [(bought, "reserved"), (bought, "confirmed"), (refused, "refused")]
    assert (told[1]["order"], told[2]["code"]) == (bought, "sold_out")
    assert "some-buyer" not in stream.getvalue()
