"""Where a test may end a process: the places between two steps that a crash must not part."""

from enum import StrEnum


class Failpoint(StrEnum):
    """A place that a process passes; where it is the armed one, the process ends there.

    Each lies between two writes, or a write and the word of it, so that a crash there leaves one
    done and the other not.
    """

    AFTER_RESERVE = "after-reserve-before-reply"
    AFTER_COMMIT = "after-commit-before-telling"
    BEFORE_SETTLE = "before-settle"
    AFTER_APPEND = "after-append-before-publish"
    AFTER_PAYMENT = "after-payment-before-confirm"
    MID_REBUILD = "mid-rebuild"
    AFTER_LOAD = "after-load-before-counts"
    AFTER_BALLOTS = "after-ballots-commit-before-answer"
    AFTER_BOX_CLOSED = "after-box-closed-before-event"
    BEFORE_MESSAGES = "after-read-before-commit-of-messages"
    AFTER_MESSAGES = "after-commit-of-messages"
    AFTER_SEND = "after-send-before-mark"
