"""The OpenAPI document, made from the table of operations and the records they name."""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import liveshop
from liveshop.core import errors, limits
from liveshop.core.errors import LiveshopError
from liveshop.core.schemas import schemas_of
from liveshop.edge.http.base_records import Nothing, Problem
from liveshop.edge.http.bodies import BodyTooLarge
from liveshop.edge.http.operations import ANY_TYPE, PATH_FIELDS, Operation
from liveshop.edge.http.refusals import RequestTimeout

_REF_START: Final = "#/components/schemas/"
_ALWAYS_REFUSES: Final = (
    errors.BadRequest,
    errors.Unauthorized,
    errors.RateLimited,
    errors.InternalError,
    errors.Unavailable,
)
Document = dict[str, Any]
_IDEMPOTENCY_KEY: Final[Document] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {
        "type": "string",
        "pattern": "^[!-~]+$",
        "minLength": 1,
        "maxLength": limits.IDEMPOTENCY_KEY_CHARS_MAX,
    },
}


def openapi_document(operations: Sequence[Operation]) -> Document:
    """Return the document of all operations."""
    records = _records_of(operations)
    schemas, components = schemas_of(records, _REF_START + "{name}")
    by_record = dict(zip(records, schemas, strict=True))
    components["Problem"]["properties"]["code"] = {"enum": sorted(_codes(LiveshopError))}
    paths: Document = {}
    for operation in operations:
        path = operation.path.replace(":path", "")
        described = _describe(operation, by_record, components)
        paths.setdefault(path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "liveshop", "version": liveshop.__version__},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _records_of(operations: Iterable[Operation]) -> list[Any]:
    records: dict[Any, None] = dict.fromkeys([Problem, *PATH_FIELDS.values()])
    for operation in operations:
        records |= dict.fromkeys(each.shape for each in operation.names.values())
        inputs = (operation.query, operation.reads or operation.body)
        records |= dict.fromkeys([*inputs, *filter(None, operation.answers.values())])
    return list(records)


def _describe(
    operation: Operation, schemas: Mapping[Any, Document], components: Document
) -> Document:
    summary, _, more = (inspect.getdoc(operation.handler) or "").partition("\n\n")
    described: Document = {
        "operationId": operation.handler.__name__,
        "summary": summary,
        "parameters": [
            *_path_parameters(operation, schemas),
            *_query_parameters(schemas[operation.query], components),
            *([_IDEMPOTENCY_KEY] if operation.once else ()),
        ],
        "responses": _answers(operation, schemas) | _refusals(operation),
    }
    if more:
        described["description"] = more
    # OpenAPI has scopes only for OAuth2; a list next to `bearer` would mean roles.
    described["x-api-key-scope"] = operation.scope
    if operation.needs or operation.api_key:
        described["security"] = [{"bearer": []}]
    if operation.streams:
        binary = {"format": "binary"} if operation.streams == ANY_TYPE else {}
        content = {operation.streams: {"schema": {"type": "string", **binary}}}
        described["requestBody"] = {"required": True, "content": content}
    elif (body := operation.reads or operation.body) is not Nothing:
        content = {"application/json": {"schema": schemas[body]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _path_parameters(operation: Operation, schemas: Mapping[Any, Document]) -> Iterator[Document]:
    for name in (*PATH_FIELDS, *operation.names):
        if f"{{{name}" in operation.path:
            shape = schemas[operation.shape_of(name)]
            yield {"name": name, "in": "path", "required": True, "schema": shape}


def _query_parameters(schema: Document, components: Document) -> Iterator[Document]:
    record = components[schema["$ref"].removeprefix(_REF_START)]
    for name, shape in record["properties"].items():
        required = name in record["required"]
        yield {"name": name, "in": "query", "required": required, "schema": _present(shape)}


def _present(shape: Document) -> Document:
    """Return the schema of a field that may be left out, as it is when it is there."""
    match shape:
        case {"anyOf": [given, {"type": "null"}]}:
            return dict(given)
        case _:
            return shape


def _answers(operation: Operation, schemas: Mapping[Any, Document]) -> Document:
    answers: Document = {}
    for status, record in operation.answers.items():
        answers[str(status)] = {"description": HTTPStatus(status).phrase}
        if record is not None:
            answers[str(status)]["content"] = {operation.returns: {"schema": schemas[record]}}
    return answers


def _refusals(operation: Operation) -> Document:
    refuses: list[type[LiveshopError]] = [*_ALWAYS_REFUSES, *operation.refuses]
    if operation.needs or operation.api_key:
        refuses.append(errors.Forbidden)
    if operation.once and errors.Conflict not in refuses:
        refuses.append(errors.Conflict)
    if "{" in operation.path:
        refuses.append(errors.NotFound)
    if operation.method in ("POST", "PUT"):
        refuses += [BodyTooLarge, RequestTimeout]
    codes: dict[int, list[str]] = {}
    for error in refuses:
        codes.setdefault(error.status, []).append(f"`{error.code}`")
    schema = {"$ref": _REF_START + Problem.__name__}
    return {
        str(status): {
            "description": ", ".join(named),
            "content": {"application/json": {"schema": schema}},
        }
        for status, named in sorted(codes.items())
    }


def _codes(error: type[LiveshopError]) -> set[str]:
    return {error.code}.union(*map(_codes, error.__subclasses__()))
