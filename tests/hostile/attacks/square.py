"""Input whose reading might take time that grows with its square."""

import asyncio
import itertools
import json
import random
from collections.abc import Callable, Iterator
from typing import Final

from liveshop.core.roles import Role
from loadtests.kit.frames import TEXT, client_frame
from tests.hostile.attacks.ground import (
    Attack,
    Ground,
    answered,
    at_once,
    connected,
    get,
    receive,
    request,
    send,
    status_of,
    token,
    upgrade,
)

_HEADER: Final = b"Handle,Title,Body (HTML),Variant Price,Variant Inventory Qty,Image Src\n"
_CELL_BYTES: Final = 60_000
_HTML: Final[dict[str, str]] = {
    "spaces before li": " " * 100 + "x",
    "newlines": "\n",
    "tabs": "\t",
    "li and spaces": "<li>" + " " * 200,
    "li p div": "<li><p><div>",
    "open li": "<li ",
    "open tags": "<",
    "nested b": "<b>",
    "nested div": "<div>",
    "nested ul li": "<ul><li>",
    "tables": "<table><tr><td>",
    "comments": "<!--",
    "closing li": " </li>",
    "entities": "&",
    "entities of digits": "&#1",
    "attributes": "<a " + "x='y' " * 50,
    "svg math": "<svg><math>",
    "control": "\x01 ",
    "wide blanks": "\u3000\u2003",
    "cr": "\r",
    "select option": "<select><option>",
    "template": "<template>",
    "formatting": "<b><i><a>",
    "font in tables": "<table><font>",
}


def _filled(unit: str, size: int) -> str:
    return (unit * (size // len(unit.encode()) + 1)).encode()[:size].decode(errors="ignore")


def _csv(cell: str, handle: str) -> bytes:
    quoted = cell.replace('"', '""').replace("\r", " ")
    return _HEADER + f'{handle},Shirt,"{quoted}",9.00,5,\n'.encode()


def _bad_files() -> Iterator[tuple[str, bytes]]:
    """Yield files that are bad in other ways than by one cell's HTML."""
    names = itertools.count()
    while True:
        name = f"csv-{next(names)}"
        yield "unclosed quotes", _HEADER + b'a,"' + b'"\n"' * 150_000
        yield "a quote a line", _HEADER + b'x,"y\n' * 100_000
        yield "a megabyte cell", _HEADER + b'a,b,"' + b" " * 1_000_000 + b'",1,1,\n'
        yield "half a megabyte of spaces", _csv(" " * 500_000 + "x", name)
        yield "half a megabyte of tags", _csv(_filled("<li> ", 500_000), name)
        yield "commas", _HEADER + b"," * 500_000 + b"\n"
        yield "columns", b"," * 400_000 + b"Handle,Title,Variant Price\na,b,1\n"
        yield "digits", _HEADER + f"{name},T,,{'9' * 400_000},{'1' * 100_000},\n".encode()
        yield (
            "one handle",
            _HEADER
            + b"".join(
                f"{name},T,,1.00,1,{'x' if n % 2 else ''}\n".encode() for n in range(20_000)
            ),
        )
        yield "rows of spaces", _HEADER + (b" " * 1_000 + b",\n") * 1_000
        yield "carriage returns", _HEADER + b"a,b,\r" * 100_000


async def _import(ground: Ground, kind: str, data: bytes) -> None:
    fields = (
        f"Authorization: Bearer {token('mallory', Role.HOST)}",
        "Content-Type: text/csv",
        f"Content-Length: {len(data)}",
    )
    async with connected(ground) as bare:
        if not await send(bare, request("POST", "/api/products/import", *fields, body=data), 30):
            ground.counts[f"{kind}: hung up"] += 1
        answer = await answered(bare, b"", 30)
        ground.counts[f"answered {status_of(answer)}"] += 1


async def _csv_html(ground: Ground) -> None:
    kinds = itertools.cycle(_HTML.items())
    names = itertools.count()

    async def one(number: int) -> None:
        while ground.goes_on:
            kind, unit = next(kinds)
            cell = _filled(unit, _CELL_BYTES)
            await _import(ground, kind, _csv(cell, f"html-{next(names)}"))

    await at_once(2, one)


async def _csv_spaces(ground: Ground) -> None:
    names = itertools.count()

    async def one(number: int) -> None:
        while ground.goes_on:
            cell = " " * _CELL_BYTES + "x"
            await _import(ground, "spaces", _csv(f"a<p>{cell}", f"spaces-{next(names)}"))

    await at_once(2, one)


async def _csv_files(ground: Ground) -> None:
    files = _bad_files()

    async def one(number: int) -> None:
        while ground.goes_on:
            await _import(ground, *next(files))

    await at_once(2, one)


async def _csv_many(ground: Ground) -> None:
    """Import good files of many rows, eight at a time."""
    rows = b"".join(
        f"many-{n},Shirt,<p>A <b>shirt</b></p><ul><li>blue</li></ul>,9.00,5,\n".encode()
        for n in range(3_000)
    )

    async def one(number: int) -> None:
        while ground.goes_on:
            await _import(ground, "many", _HEADER + rows.replace(b"many-", b"many%d-" % number))

    await at_once(8, one)


async def _products(ground: Ground) -> None:
    kinds = itertools.cycle(_HTML.items())
    names = itertools.count()
    key = token("mallory", Role.HOST)

    async def one(number: int) -> None:
        while ground.goes_on:
            _, unit = next(kinds)
            variant = {"sku": f"square-{next(names)}", "label": "", "price": 1, "stock": 1}
            product = {
                "product_id": f"square-{next(names)}",
                "title": "Shirt",
                "description": _filled(unit, 19_000),
                "variants": [variant],
            }
            await _post(ground, "/api/products", json.dumps(product), key)
            await asyncio.sleep(0.02)

    await at_once(2, one)


async def _bodies(ground: Ground) -> None:
    """Send JSON of 64 KB that is all digits, brackets, escapes, or one field again and again."""
    texts = itertools.cycle(
        (
            '{"title":' + "9" * 60_000 + "}",
            '{"title":1' + "0" * 30_000 + "e" + "9" * 30_000 + "}",
            '{"title":"' + "\\u0000" * 10_000 + '"}',
            '{"title":"' + "\\ud83d" * 10_000 + '"}',
            "{" + ",".join(['"title":"x"'] * 5_000) + "}",
            "{" + ",".join(f'"{n}":0' for n in range(6_000)) + "}",
            '{"title":' + "[" * 30_000 + "]" * 30_000 + "}",
            '{"title":"' + "\u0301" * 30_000 + '"}',
            " " * 60_000 + "{}",
        )
    )
    key = token("mallory", Role.HOST)

    async def one(number: int) -> None:
        while ground.goes_on:
            await _post(ground, "/api/sessions", next(texts), key)
            await asyncio.sleep(0.02)

    await at_once(2, one)


async def _post(ground: Ground, path: str, text: str, key: str) -> None:
    data = text.encode()
    fields = (f"Authorization: Bearer {key}", f"Content-Length: {len(data)}")
    async with connected(ground) as bare:
        answer = await answered(bare, request("POST", path, *fields, body=data), 30)
        ground.counts[f"answered {status_of(answer)}"] += 1


async def _heads(ground: Ground) -> None:
    """Send heads of 16 KB that are one long list of whatever a field may list."""
    lists: dict[str, Callable[[], str]] = {
        "X-Forwarded-For": lambda: "1.1.1.1," * 1_900,
        "Cookie": lambda: "a=b; " * 3_000,
        "Accept-Encoding": lambda: "gzip;q=0.1," * 1_300,
        "Accept-Language": lambda: "de-DE;q=0.1," * 1_200,
        "If-None-Match": lambda: '"x",' * 3_500,
        "Range": lambda: "bytes=" + "0-1," * 3_500,
        "Authorization": lambda: "Bearer " + "." * 15_000,
        "Content-Type": lambda: "a/b" + ";x=y" * 3_500,
        "Sec-WebSocket-Extensions": lambda: "permessage-deflate; x" + ";y=1" * 3_500,
        "Sec-WebSocket-Protocol": lambda: "a," * 7_500,
        "Origin": lambda: "http://" + "a." * 7_000,
        "X-Forwarded-Host": lambda: "a," * 7_500,
    }
    names = itertools.cycle(lists)

    async def one(number: int) -> None:
        while ground.goes_on:
            name = next(names)
            field = f"{name}: {lists[name]()}{random.randrange(10**6)}"
            page = get(random.choice(("/healthz", "/api/products", "/watch/x")), field)
            head = upgrade(ground.path, field) if name[0] in "SO" else page
            async with connected(ground) as bare:
                ground.counts[f"answered {status_of(await answered(bare, head))}"] += 1

    await at_once(2, one)


async def _queries(ground: Ground) -> None:
    """Ask with queries and paths as long as they may be."""
    texts = itertools.cycle(
        (
            "/api/products?q=" + "%20" * 100,
            "/api/products?" + "q=a&" * 3_900,
            "/api/products?" + "&" * 15_000,
            "/api/products?q=" + "%F0%9D%95%AC" * 90,
            "/api/products/" + "/" * 15_000,
            "/pages/" + "../" * 5_000,
            "/" + "%2e%2e/" * 2_000,
            "/api/products?after=" + "9" * 10_000,
        )
    )

    async def one(number: int) -> None:
        while ground.goes_on:
            async with connected(ground) as bare:
                answer = await answered(bare, get(next(texts)))
                ground.counts[f"answered {status_of(answer)}"] += 1
            await asyncio.sleep(0.01)

    await at_once(2, one)


async def _chat(ground: Ground) -> None:
    """Say what is slow to compare, in a show whose host blocks words that are slow to find."""
    words = ["a" * n + "b" for n in range(1, 39)] + [f"{'ﷺ' * 2}{n}" for n in range(150)]
    body = json.dumps({"type": "chat.block", "words": words})
    path = f"/api/sessions/{ground.show.session_id}/commands"
    await _post(ground, path, body, token("mallory", Role.HOST))
    texts = itertools.cycle(("a" * 200, "ﷺ" * 200, "a " * 100, "\u0301" * 200, "a\u0301" * 100))

    async def one(number: int) -> None:
        async with connected(ground) as bare:
            await send(bare, upgrade(ground.path))
            hello = {"type": "hello", "token": token(f"chatter-{number}")}
            await send(bare, client_frame(TEXT, json.dumps(hello).encode()))
            while ground.goes_on:
                said = {"type": "say", "ref": 1, "text": next(texts)}
                await send(bare, client_frame(TEXT, json.dumps(said).encode()))
                ground.counts["said"] += 1
                await receive(bare, 0.5)
                await asyncio.sleep(0.5)

    await at_once(20, one)


ATTACKS: Final = (
    Attack("csv-spaces", 3, "imports of 60 KB of blanks in a description", _csv_spaces),
    Attack("csv-html", 3, f"imports of {len(_HTML)} kinds of HTML, 60 KB a cell", _csv_html),
    Attack("csv-files", 3, "imports of open quotes, cells of 1 MB, 400,000 columns", _csv_files),
    Attack("csv-many", 3, "eight good imports of 3,000 rows at a time", _csv_many),
    Attack("product-html", 3, "products whose description is such HTML", _products),
    Attack("json-bodies", 3, "JSON of 64 KB: digits, brackets, escapes, repeated fields", _bodies),
    Attack("long-lists", 3, "heads of 16 KB, one field of them a long list", _heads),
    Attack("long-queries", 3, "queries and paths of 16 KB", _queries),
    Attack("blocked-words", 3, "chat that is slow to compare with 188 blocked words", _chat),
)
