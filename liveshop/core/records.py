"""Records whose fields depend on the features of a node."""

from collections.abc import Iterable
from typing import Any, TypeVar, cast

from msgspec import Struct, defstruct

# A name, a type, and a default if it may be left out.
RecordField = tuple[str, Any] | tuple[str, Any, Any]
_Base = TypeVar("_Base", bound=Struct)


def extended(
    base: type[_Base],
    fields: Iterable[RecordField],
    *,
    name: str | None = None,
    doc: str | None = None,
) -> type[_Base]:
    """Return a record with more fields than its base, and that one's name and doc if not given."""
    added = list(fields)
    assert len({each[0] for each in added}) == len(added), "two features have one field"
    made = defstruct(
        name or base.__name__,
        added,
        bases=(base,),
        frozen=True,
        kw_only=True,
        namespace={"__doc__": doc or base.__doc__},
    )
    return cast(type[_Base], made)
