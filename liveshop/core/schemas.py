"""JSON Schemas of our records, for documents that must not drift from the code."""

from collections.abc import Iterable
from typing import Any

import msgspec


def schemas_of(types: Iterable[Any], ref_template: str) -> tuple[list[Any], dict[str, Any]]:
    """Return the schema of each type, and the named ones that they refer to.

    `ref_template` has `{name}` in it. Patterns are turned from Python's dialect into that of
    ECMAScript, which JSON Schema asks for.
    """
    schemas, components = msgspec.json.schema_components(types, ref_template=ref_template)
    return [_ecmascript(schema) for schema in schemas], _ecmascript(components)


def _ecmascript(schema: Any) -> Any:
    match schema:
        case {"pattern": str(pattern), **rest}:
            return {**_ecmascript(rest), "pattern": pattern.replace(r"\Z", "$")}
        case dict():
            return {key: _ecmascript(value) for key, value in schema.items()}
        case list():
            return [_ecmascript(item) for item in schema]
        case _:
            return schema
