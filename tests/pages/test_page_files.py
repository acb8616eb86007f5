"""How the pages' files are read: compressed, linked, and named by what is in them."""

import gzip
from pathlib import Path

import pytest

from liveshop.edge.http.page_files import imported, read_pages

_PAGE = """<head>
  <link rel="stylesheet" href="/pages/look.css">
  <script type="module" src="/pages/show/main.js"></script>
</head>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A page whose script imports two modules, one of them by the way of the other."""
    (tmp_path / "show").mkdir()
    (tmp_path / "page.html").write_text(_PAGE)
    (tmp_path / "look.css").write_text("p { margin: 0; }")
    (tmp_path / "show" / "main.js").write_text('import {\n  a,\n} from "../deep.js";\n')
    (tmp_path / "deep.js").write_text('export { b } from "./deeper.js";\nconst c = import("./x");')
    (tmp_path / "deeper.js").write_text('import{options as n}from"./show/main.js";')
    (tmp_path / "notes.md").write_text("not for viewers")
    return tmp_path


def test_a_page_asks_at_once_for_all_that_its_script_imports(folder: Path) -> None:
    pages = read_pages(folder)
    start = f"/pages/@{pages.version}"
    assert pages.files["page.html"].plain.decode() == _PAGE.replace("/pages", start).replace(
        "</script>\n",
        "</script>\n"
        f'  <link rel="modulepreload" href="{start}/deep.js">\n'
        f'  <link rel="modulepreload" href="{start}/deeper.js">\n',
    )


def test_modules_that_import_each_other_are_named_once() -> None:
    contents = {"a.js": b'import "./b/c.js";', "b/c.js": b'import "../a.js";'}
    assert imported("a.js", contents) == ["a.js", "b/c.js"]


def test_the_version_is_another_when_any_file_is(folder: Path) -> None:
    before = read_pages(folder)
    assert read_pages(folder) == before
    (folder / "deeper.js").write_text("export const n = 1;")
    assert read_pages(folder).version != before.version


def test_comments_of_our_own_stay_here_and_every_line_keeps_its_number(tmp_path: Path) -> None:
    script = (
        "/**\n * Why.\n */\nconst a = 1; // one\n  // two\nconst b = '//';\n/* c */ const c = 3;\n"
    )
    (tmp_path / "a.js").write_text(script)
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "b.js").write_text(script)
    files = read_pages(tmp_path).files
    assert files["a.js"].plain.decode().split("\n") == [
        *("", "", ""),
        *("const a = 1; // one", "", "const b = '//';", "/* c */ const c = 3;", ""),
    ]
    assert files["vendor/b.js"].plain.decode() == script


def test_files_are_compressed_and_those_of_unknown_kinds_are_left_out(folder: Path) -> None:
    files = read_pages(folder).files
    assert "notes.md" not in files
    for file in files.values():
        assert gzip.decompress(file.gzipped) == file.plain
