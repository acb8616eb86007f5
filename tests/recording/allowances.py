"""The differences from an earlier release that are meant, each with its reason."""

import re
from typing import Final

from tests.recording.differences import Allowance

# A JSON string, or one of Python's in the headers of an answer.
_STRING: Final = r'"(?:[^"\\]|\\.)*"'

WORDS: Final = (
    Allowance(
        re.compile(rf'"message": {_STRING}'),
        '"message": "…"',
        "The sentence of an error is for people, and may change; its code may not.",
    ),
    Allowance(
        re.compile(rf'("code": "conflict", "message": "…"), "reason": {_STRING}'),
        r'\1, "reason": "…"',
        "The reason of a conflict is that sentence again.",
    ),
    Allowance(
        re.compile(rf'("handle": {_STRING}), "reason": {_STRING}'),
        r'\1, "reason": "…"',
        "The reason why a row was not imported is a sentence for people.",
    ),
    Allowance(
        re.compile(rf'"(description|summary)": {_STRING}'),
        r'"\1": "…"',
        "The descriptions of the OpenAPI document are for people.",
    ),
)

REHEARSAL: Final = (
    Allowance(
        re.compile(r"^POST /api/sessions/\{session_id\}/rehearse .*"),
        "",
        "The server decides rehearsals now, by an operation of their own.",
    ),
    Allowance(
        re.compile(r"^schemas (?:Rehears\w*|CatalogueProduct|CancelOrder|Say|Buy|Vote) .*"),
        "",
        "Rehearsals bring their records into the OpenAPI document.",
    ),
)

_POLLS: Final = r"(?:OpenPoll|ClosePoll|Poll\w+)"
POLLS: Final = (
    Allowance(
        re.compile(rf"^schemas {_POLLS} .*"),
        "",
        "Polls bring their records into the OpenAPI document.",
    ),
    Allowance(
        re.compile(
            rf'(?<=[}}\[]), {{"\$ref": "#/components/schemas/{_POLLS}"}}'
            rf'|(?<=\[){{"\$ref": "#/components/schemas/{_POLLS}"}}, '
            rf'|, "poll\.\w+": "#/components/schemas/{_POLLS}"'
            r'|, "polls": \{"type": "array", "items": \{[^}]*\}(?:, "default": \[\])?\}'
        ),
        "",
        "Their events and commands are among those of a session, and a session shows open ones.",
    ),
)

MONEY: Final = (
    Allowance(
        re.compile(r'"currency_digits": (?:[0-9]|\{"type": "integer"[^}]*\}), |,currency_digits'),
        "",
        "A currency comes with its decimals.",
    ),
)

ALLOWANCES: Final = (*WORDS, *REHEARSAL, *POLLS, *MONEY)
