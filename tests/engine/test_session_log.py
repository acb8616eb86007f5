"""A log line of a session names it wherever it is logged."""

import logging

from liveshop.engine.session_log import SessionLog


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def test_each_line_names_its_session_for_people_and_as_a_field() -> None:
    logger, kept = logging.getLogger("liveshop.session"), _Kept()
    logger.addHandler(kept)
    try:
        SessionLog("s1").warning("%s of %d", "order", 3, extra={"rid": "r"})
        SessionLog("100%s").error("failed")
    finally:
        logger.removeHandler(kept)
    told = [(each.getMessage(), vars(each)["session"]) for each in kept.records]
    assert told == [("session s1: order of 3", "s1"), ("session 100%s: failed", "100%s")]
    assert vars(kept.records[0])["rid"] == "r"
