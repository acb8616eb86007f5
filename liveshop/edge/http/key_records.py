"""API keys in requests and answers."""

from typing import Annotated

from msgspec import Meta

from liveshop.core import limits
from liveshop.core.fields import PLAIN
from liveshop.edge.http.base_records import Input, Output


class NewKey(Input, frozen=True, kw_only=True):
    """An API key to make; `name` says what it is for."""

    name: Annotated[str, Meta(max_length=limits.KEY_NAME_CHARS_MAX, pattern=PLAIN)]


class MadeKey(Output, frozen=True, kw_only=True):
    """An API key: `key` is shown this once."""

    id: str
    name: str
    key: str


class RemovedKey(Output, frozen=True, kw_only=True):
    """An API key that no longer lets anybody in."""

    id: str
    name: str
