"""Modules put together into one script do what they do one by one; other forms are refused."""

import base64
import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import playwright
import pytest

from liveshop.edge.http.linker import Linked, Modules, link, tail
from liveshop.edge.http.modules import LinkError

_NODE = Path(playwright.__file__).parent / "driver" / "node"
_ENTRY = "pages/show/main.js"
_SHOP: dict[str, str] = {
    _ENTRY: """import { told } from "../told.js";
import * as words from "../words.js";
import plain, { one as first, Two } from "../deep/forms.js";
import "../deep/effect.js";
const late = await import("../late.js");
const { load } = await import("../../features/parts.js");
console.log(JSON.stringify({
  told, words: Object.keys(words), isFrozen: Object.isFrozen(words), plain, first: first(),
  two: new Two().name, list: [...words.several()], late: late.told === told, lateUrl: late.url,
  game: (await load({ name: "games" }, "state")).told === told, url: words.url,
}));
""",
    "pages/told.js": "export const told = [];\n",
    "pages/words.js": """import { told } from "./told.js";
told.push("words");
const b = 2, c = 3;
export {
  b, c as three,
};
export { told as again } from "./told.js";
export async function wait() { await 0; }
export function* several() { yield 1; yield* [2, 3]; }
export const url = new URL("./x.json", import.meta.url).pathname.split("/").slice(-2).join("/");
""",
    "pages/deep/forms.js": (
        'import{told as t}from"../told.js";t.push("forms");function f(){return 1}'
        'class T{name="two"}export{f as one,T as Two};export default "plain";\n'
    ),
    "pages/deep/effect.js": 'import { told } from "../told.js";\ntold.push("effect");\n',
    "pages/late.js": """import { told } from "./told.js";
import { more } from "./later_still.js";
export { told, more };
export { b as two } from "./words.js";
export const url = typeof more;
""",
    "pages/later_still.js": 'import { told } from "./told.js";\nexport const more = told.length;\n',
    "features/parts.js": "export const load = ({ name }, m) => import(`./${name}/page/${m}.js`);\n",
    "features/games/page/state.js": (
        'import { told } from "../../../pages/told.js";\nexport { told };\n'
    ),
    "pages/shared/given.js": "export const GIVEN = {};\n",
}


def _linked(shop: Mapping[str, str], *, features: tuple[str, ...] = ()) -> Linked:
    modules = Modules({name: text.encode() for name, text in shop.items()})
    return link(modules, "show", _ENTRY, features, ["features/games/page/state.js"])


def _run(folder: Path, files: Mapping[str, str]) -> Any:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "package.json").write_text('{"type": "module"}')
    done = subprocess.run([_NODE, folder / _ENTRY], capture_output=True, check=True, text=True)
    return json.loads(done.stdout)


def test_what_is_put_together_does_what_the_modules_do_one_by_one(tmp_path: Path) -> None:
    linked = _linked(_SHOP, features=("features/parts.js",))
    script = linked.script + tail(_ENTRY, "pages/shared/given.js", {})
    late = {f"show/{name}": text for name, text in linked.late.items()}
    apart = _run(tmp_path / "apart", _SHOP)
    together = _run(tmp_path / "together", {_ENTRY: script, **late})
    assert apart == {
        "told": ["words", "forms", "effect"],
        "words": ["again", "b", "several", "three", "url", "wait"],
        "isFrozen": False,
        "plain": "plain",
        "first": 1,
        "two": "two",
        "list": [1, 2, 3],
        "late": True,
        "lateUrl": "number",
        "game": True,
        "url": "pages/x.json",
    }
    together["words"].sort()
    assert {**together, "isFrozen": False} == apart
    assert {*linked.late} == {
        *("pages/late.js", "pages/later_still.js", "features/games/page/state.js")
    }


def test_a_module_for_later_that_misses_something_in_the_page_is_not_loaded(tmp_path: Path) -> None:
    late = _linked(_SHOP).late
    ask = """import "../told.js";
await import("../late.js").catch(({ message }) => console.log(JSON.stringify(message)));
"""
    other = {**_SHOP, _ENTRY: ask, "pages/late.js": 'import "./told.js";\n'}
    script = _linked(other).script + tail(_ENTRY, "pages/shared/given.js", {})
    of_another_release = {f"show/{name}": text for name, text in late.items()}
    said = _run(tmp_path, {_ENTRY: script, **of_another_release})
    assert said == "this page lacks b of pages/words.js: reload it"


def _places(script: str, mapped: str) -> dict[str, str]:
    """Return each line of a script with its place in the files, as a browser reads the map."""
    told = json.loads(mapped)
    source = line = 0
    places = {}
    for text, segment in zip(script.split("\n"), told["mappings"].split(";"), strict=True):
        if segment:
            column, source_by, line_by, _ = _numbers(segment)
            assert column == 0
            source, line = source + source_by, line + line_by
            places[text] = f"{told['sources'][source]}:{line + 1}"
    return places


def _numbers(segment: str) -> list[int]:
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    assert base64.b64encode(bytes([0])).startswith(b"A")
    numbers, value, shift = [], 0, 0
    for digit in map(digits.index, segment):
        value += (digit & 31) << shift
        shift += 5
        if not digit & 32:
            numbers.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return numbers


def test_the_map_says_where_each_line_stands_in_its_file() -> None:
    linked = _linked(_SHOP)
    places = _places(linked.script, linked.map)
    for line, place in (
        ('told.push("words");', "../words.js:2"),
        ("function* several() { yield 1; yield* [2, 3]; }", "../words.js:9"),
        ('told.push("effect");', "../deep/effect.js:2"),
        (
            "  two: new Two().name, list: [...words.several()], late: late.told === told, "
            "lateUrl: late.url,",
            "main.js:9",
        ),
    ):
        assert places[line] == place


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('import { a } from "../told.js";', "imports a from pages/told.js, which does not export"),
        ('import a from "../told.js";', "imports default from pages/told.js"),
        ('import "preact";', "imports preact: only relative paths"),
        ('import "../nothing.js";', "imports pages/nothing.js, which is no file"),
        ('import("../nothing.js");', "imports pages/nothing.js, which is no file"),
        ("import(name);", "import(…) of what is no text"),
        ("import(`../${name}.js`);", "only features/parts.js may choose"),
        ('import { a as "b c" } from "../told.js";', "does not understand"),
        ('import told from "../told.js" with { type: "json" };', "default"),
        ('import defer * as n from "../told.js";', "does not understand"),
        ('export * from "../told.js";', "in a form that the linker does not understand: export *"),
        ('export * as n from "../told.js";', "in a form that the linker does not understand"),
        ("export let a = 1;", "in a form that the linker does not understand: export let a"),
        ("export var a = 1;", "in a form that the linker does not understand"),
        ("export const { a } = {};", "in a form that the linker does not understand"),
        ("export const [a] = [];", "in a form that the linker does not understand"),
        ("export default function main() {}", "in a form that the linker does not understand"),
        ("let a = 1;\nexport { a };", "exports a, which may change: make it a const"),
        ("console.log(import.meta.resolve);", "only import.meta.url"),
        ("const $need = 1;", "the name $need is the linker's"),
    ],
)
def test_a_form_that_is_not_understood_names_its_file(text: str, why: str) -> None:
    with pytest.raises(LinkError, match=re.escape(why)) as error:
        _linked({**_SHOP, _ENTRY: f"{text}\n"})
    assert str(error.value).startswith(f"liveshop/{_ENTRY}: ")


def test_a_circle_and_a_module_that_others_would_wait_for_are_refused() -> None:
    circle = {**_SHOP, "pages/told.js": 'import "./words.js";\nexport const told = [];\n'}
    with pytest.raises(LinkError, match=r"pages/told\.js → pages/words\.js → pages/told\.js"):
        _linked(circle)
    slow = {**_SHOP, "pages/told.js": "export const told = await fetch(1);\n"}
    with pytest.raises(LinkError, match=r"^liveshop/pages/told\.js: others would wait for it"):
        _linked(slow)
    quick = "export const told = [];\nexport const ask = async () => await fetch(1);\n"
    _linked({**_SHOP, "pages/told.js": quick})
