"""Money in the pages: the decimals that the server names, whatever the browser's edition says."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import playwright
import pytest

from liveshop.core.money import CURRENCIES
from tests.core.test_money import TYPED

_SHARED = Path(__file__).parents[2] / "liveshop" / "pages" / "shared"
_NODE = Path(playwright.__file__).parent / "driver" / "node"
_RUN = """
const { learnCurrency, money, parseMoney, plainMoney } = await import(process.argv[1]);
const { currencies, typed } = JSON.parse(process.argv[2]);
for (const [currency, currency_digits] of Object.entries(currencies)) {
  learnCurrency({ currency, currency_digits });
}
const all = Object.keys(currencies);
const each = (write) => Object.fromEntries(all.map((code) => [code, write(code)]));
console.log(JSON.stringify({
  money: each((code) => money(12345678, code)),
  plain: each((code) => plainMoney(12345678, code)),
  again: each((code) => parseMoney(plainMoney(12345678, code), code)),
  typed: typed.map(([text, code]) => parseMoney(text, code)),
  huf: money(199000, "HUF"), jpy: money(1990, "JPY"), kwd: money(1990, "KWD"),
}));
"""


@cache
def _written() -> Any:
    given = json.dumps({"currencies": CURRENCIES, "typed": [case[:2] for case in TYPED]})
    script = ["--input-type=module", "-e", _RUN, str(_SHARED / "i18n.js"), given]
    done = subprocess.run([_NODE, *script], capture_output=True, check=True, text=True)
    return json.loads(done.stdout)


def _decimals(text: str) -> int:
    number = re.sub(r"[^0-9.]", "", text).strip(".")
    return len(number.partition(".")[2])


@pytest.mark.parametrize("form", ["money", "plain"])
def test_every_currency_is_written_with_the_servers_decimals(form: str) -> None:
    written = _written()[form]
    assert {code: _decimals(text) for code, text in written.items()} == CURRENCIES
    assert {re.sub(r"\D", "", text) for text in written.values()} == {"12345678"}


def test_every_currency_is_read_as_it_is_written() -> None:
    assert set(_written()["again"].values()) == {12345678}


def test_a_bowl_of_1990_forints_is_shown_as_such() -> None:
    shown = [_written()[code].replace("\u00a0", " ") for code in ("huf", "jpy", "kwd")]
    assert shown == ["HUF 1,990.00", "\u00a51,990", "KWD 1.990"]


def test_hosts_amounts_are_read_as_the_server_reads_those_of_a_file() -> None:
    assert _written()["typed"] == [expected for _, _, expected in TYPED]
