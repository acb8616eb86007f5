"""The process that reads a product CSV: its output, and how it ends."""

import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
import uvloop

from liveshop.core.catalogue import BadRow, ImportedProduct, RowNote
from liveshop.core.errors import BadRequest, InternalError
from liveshop.features.catalogue_import import limits, store_process
from liveshop.features.catalogue_import.rules import Reading
from liveshop.features.catalogue_import.store_process import readings
from liveshop.features.catalogue_import.store_reader import read_products
from liveshop.stores import child_program
from tests.architecture.test_layers import HOMES
from tests.waiting import until

_PROGRAM = Path(child_program.__file__)
HEADER = b"Handle,Title,Body (HTML),Variant Price\n"
# Each file pays for these, in a process of its own.
_OF_THE_CORE = "catalogue errors fields limits money".split()
_OF_THE_FEATURE = (
    "columns csv_rows encodings inventory limits products prose rows rules shopify skus"
    " store_process visibility"
).split()


async def file_of(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(chunks: AsyncIterator[bytes], program: str | None = None) -> list[Reading]:
    """Return what a file's process hands over, or one that runs `program` in its place.

    Such a program has as little of liveshop as the process, or it would take ten times as long.
    """
    taken: list[Reading] = []

    async def take(reading: Reading) -> None:
        taken.append(reading)

    if program is None:
        await read_products(chunks, "EUR", take)
    else:
        light = (
            f"import runpy; use = runpy.run_path({str(_PROGRAM)!r})['use_bare_packages']\n"
            f"use({store_process.__name__!r})\n"
        )
        await read_products(chunks, "EUR", take, [sys.executable, "-c", light + program])
    return taken


async def test_products_and_bad_rows_come_out_of_the_process_as_they_are() -> None:
    (reading,) = await read(file_of(HEADER, b"mug,Mug,<p>Clay &amp; glaze</p>,9\n,Nobody,,1\n"))
    (mug,) = reading.products
    assert (mug.product_id, mug.title, mug.description) == ("mug", "Mug", "Clay & glaze")
    assert [variant.price for variant in mug.variants] == [900]
    assert reading.bad == [BadRow(line=3, handle="", reason="Handle is missing", kind="handle")]
    assert reading.bad_kinds == {"handle": 1}
    assert [(note.line, note.kind) for note in reading.notes] == [(1, "quantity")]
    assert reading.note_kinds == {"quantity": 1}


async def test_a_file_that_is_refused_is_refused_with_the_parsers_words() -> None:
    with pytest.raises(BadRequest, match="the header lacks Handle"):
        await read(file_of(b"name,price\nMug,9\n"))


async def test_a_file_that_is_refused_at_its_start_is_not_read_to_its_end() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"name,price\n" * 10_000

    with pytest.raises(BadRequest, match="the header lacks Handle"):
        await read(endless())
    assert sent > 0


async def test_a_row_that_takes_too_long_ends_its_process_even_amid_a_regular_expression() -> None:
    program = """
import re, sys
from liveshop.core.catalogue import BadRow
from liveshop.features.catalogue_import.store_process import answer, timed
def items():
    for chunk in timed([b"a row"], cpu_ms=50):
        yield BadRow(line=2, handle="a", reason="b")
        re.match("(a|a)*$", 60 * "a" + "b")
answer(items(), sys.stdout.buffer)
"""
    with pytest.raises(BadRequest, match="a row of the file takes too long to read"):
        await read(file_of(HEADER), program)


@pytest.mark.parametrize("empty", ["\\n", ",,,\\n"])
async def test_a_spreadsheets_empty_rows_are_not_taken_for_one_that_takes_too_long(
    empty: str,
) -> None:
    # All of them take some ten times what one chunk of them may.
    program = f"""
import sys
from liveshop.features.catalogue_import import shopify
from liveshop.features.catalogue_import.csv_rows import lines_of
from liveshop.features.catalogue_import.store_process import answer, timed
product = b"Handle,Title,Body (HTML),Variant Price\\nmug,Mug,,9\\n"
chunks = [product, *[b"{empty}" * 1_000] * 400]
answer(shopify.parse(lines_of(timed(chunks, cpu_ms=50)), "EUR"), sys.stdout.buffer)
"""
    (reading,) = await read(file_of(HEADER), program)
    assert [product.product_id for product in reading.products] == ["mug"]


async def test_a_process_that_dies_is_our_fault_and_not_the_files(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(InternalError):
        await read(file_of(HEADER), "import os; os._exit(7)")
    assert "ended with 7" in caplog.text


async def test_what_cannot_be_taken_ends_the_process_and_is_raised() -> None:
    async def take(reading: Reading) -> None:
        raise ConnectionResetError("Postgres has gone")

    with pytest.raises(ConnectionResetError, match="Postgres has gone"):
        await read_products(file_of(HEADER, b"mug,Mug,,9\n"), "EUR", take)


async def test_a_cancelled_reading_leaves_no_process() -> None:
    begun = anyio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield HEADER
        begun.set()
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read, stalled())
        await begun.wait()
        # A process has no command line for a moment after it has begun.
        await until(lambda: len(_processes()) == 1)
        tasks.cancel_scope.cancel()
    assert _processes() == []


def _processes() -> list[str]:
    """Return the processes of ours that read a file."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    names = (Path(f"/proc/{child}/cmdline").read_bytes().decode() for child in children)
    return [name for name in names if str(_PROGRAM) in name]


async def test_the_process_has_no_secret_of_ours_whatever_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secrets = ["LIVESHOP_SECRET", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "PATHS"]
    for name in secrets:
        monkeypatch.setenv(name, "a secret of thirty-two characters")
    program = """
import os, sys
from liveshop.core.catalogue import BadRow
from liveshop.features.catalogue_import.store_process import answer
secrets = [name for name, text in os.environ.items() if text.startswith("a secret")]
answer([BadRow(line=2, handle="a", reason=str(secrets))], sys.stdout.buffer)
"""
    (reading,) = await read(file_of(HEADER), program)
    assert [row.reason for row in reading.bad] == ["[]"]


def test_portions_are_small_enough_to_be_read_at_once() -> None:
    def product(number: int) -> ImportedProduct:
        return ImportedProduct(
            product_id=str(number), title="A", description="x" * 20_000, image=None, variants=[]
        )

    portions = list(readings(map(product, range(100))))
    assert [len(portion.products) for portion in portions] == [7] * 14 + [2]


def test_bad_rows_beyond_those_that_are_listed_are_only_counted() -> None:
    rows = (BadRow(line=line, handle="a", reason="b", kind="price") for line in range(12_345))
    portions = list(readings(rows))
    assert sum(len(portion.bad) for portion in portions) == limits.BAD_ROWS_LISTED_MAX
    assert sum(portion.bad_kinds["price"] for portion in portions) == 12_345
    assert {len(portion.bad) for portion in portions} <= {0, limits.REMARKS_PER_READING_MAX}


def test_notes_beyond_those_that_are_listed_are_only_counted() -> None:
    notes = (RowNote(line=line, handle="a", kind="sku", note="b") for line in range(3_210))
    portions = list(readings(notes))
    assert sum(len(portion.notes) for portion in portions) == limits.NOTES_LISTED_MAX
    assert sum(portion.note_kinds["sku"] for portion in portions) == 3_210


async def test_the_process_imports_no_store_no_edge_and_no_other_feature(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    await read(file_of(HEADER, b"mug,Mug,<p>Clay</p>,9\n"))
    told = re.findall(r"^import time:.*\| +(\w\S*)$", capfd.readouterr().err, re.MULTILINE)
    assert sorted(name for name in told if name.partition(".")[0] == "liveshop") == [
        "liveshop.core",
        *(f"liveshop.core.{name}" for name in _OF_THE_CORE),
        *(f"liveshop.features.catalogue_import.{name}" for name in _OF_THE_FEATURE),
    ]
    assert {name.partition(".")[0] for name in told} & set(HOMES) == {"msgspec"}


def test_a_process_is_started_without_a_copy_of_the_node() -> None:
    # Our own code, that of uvloop and that of `subprocess` call this before they fork.
    forks: list[str] = []
    os.register_at_fork(before=lambda: forks.append("fork"))
    (reading,) = uvloop.run(read(file_of(HEADER, b"mug,Mug,,9\n")))
    assert [product.product_id for product in reading.products] == ["mug"]
    assert forks == []


async def test_viewers_and_buyers_come_before_a_file() -> None:
    # It says how nice it is, in its session and among sessions, as if that were its reading.
    said = (
        "import os, pathlib, sys; group = pathlib.Path('/proc/self/autogroup');"
        "nice = group.read_text().split()[-1] if group.exists() else '10';"
        "refusal = f'{os.nice(0)} {nice}';"
        "print('{\"refusal\": \"' + refusal + '\"}')"
    )
    with pytest.raises(BadRequest, match=r"^10 10$"):
        await read(file_of(HEADER), f"import sys; sys.stdin.read();{said}")
