"""How the pages' files are read: compressed, linked, and named by what is in them."""

import gzip
import json
import re
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
    pages = tmp_path / "pages"
    (pages / "show").mkdir(parents=True)
    (pages / "page.html").write_text(_PAGE)
    (pages / "look.css").write_text("p { margin: 0; }")
    (pages / "show" / "main.js").write_text('import {\n  a,\n} from "../deep.js";\n')
    (pages / "deep.js").write_text('export { b } from "./deeper.js";\nconst c = import("./x");')
    (pages / "deeper.js").write_text('import{options as n}from"./show/main.js";')
    (pages / "notes.md").write_text("not for viewers")
    return tmp_path


@pytest.fixture
def features(folder: Path) -> Path:
    """The same page with two features of which one is woken, and one that is in no list."""
    (folder / "pages" / "show" / "main.js").write_text('import "../../features/parts.js";\n')
    (folder / "pages" / "messages").mkdir()
    (folder / "pages" / "messages" / "en.json").write_text('{"a": "Page"}')
    (folder / "pages" / "styles").mkdir()
    (folder / "pages" / "styles" / "show.css").write_text("p { margin: 0; }")
    (folder / "pages" / "liveshop.d.ts").write_text("export interface Session { id: string }\n")
    for name in ("games", "quizzes", "rumours"):
        page = folder / "features" / name / "page"
        (page / "messages").mkdir(parents=True)
        (page / "messages" / "en.json").write_text(f'{{"{name}.a": "{name}"}}')
        (page / "show.js").write_text('import "./parts_of_it.js";\n')
        (page / "parts_of_it.js").write_text("export const a = 1;\n")
        (page / "show.css").write_text(f".{name} {{ color: red; }}")
        (page / "liveshop.d.ts").write_text(f"export interface Session {{ {name}: string }}\n")
        (page.parent / "rules.py").write_text("secret = 1")
        (page.parent / "notes.txt").write_text("not for viewers")
    (folder / "features" / "parts.js").write_text(
        "const PARTS = [\n"
        '  { name: "games", pages: ["show"] },\n'
        '  { name: "quizzes", wakes: "quiz.", pages: ["show"] },\n'
        "];\n"
    )
    return folder


def test_a_page_asks_at_once_for_all_that_its_script_imports(folder: Path) -> None:
    pages = read_pages(folder)
    start = f"/@{pages.version}/pages"
    assert pages.files["pages/page.html"].plain.decode() == _PAGE.replace("/pages", start).replace(
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
    (folder / "pages" / "deeper.js").write_text("export const n = 1;")
    assert read_pages(folder).version != before.version


def test_the_version_is_another_when_a_feature_is(features: Path) -> None:
    before = read_pages(features)
    for name in ("show.js", "show.css", "messages/en.json", "liveshop.d.ts"):
        file = features / "features" / "games" / "page" / name
        file.write_text(file.read_text() + "\n")
        after = read_pages(features)
        assert after.version != before.version, name
        before = after


def test_a_page_asks_at_once_for_the_features_that_are_there_from_the_start(features: Path) -> None:
    pages = read_pages(features)
    page = pages.files["pages/page.html"].plain.decode()
    assert re.findall(rf'rel="modulepreload" href="/@{pages.version}/([^"]+)"', page) == [
        "features/parts.js",
        "features/games/page/show.js",
        "features/games/page/parts_of_it.js",
    ]


def test_what_features_say_declare_and_style_is_in_the_file_that_is_asked_for(
    features: Path,
) -> None:
    files = read_pages(features).files
    assert json.loads(files["pages/messages/en.json"].plain) == {
        "a": "Page",
        "games.a": "games",
        "quizzes.a": "quizzes",
        "rumours.a": "rumours",
    }
    declared = files["pages/liveshop.d.ts"].plain.decode()
    assert re.findall(r"Session \{ (\w+)", declared) == ["id", "games", "quizzes", "rumours"]
    styled = files["pages/styles/show.css"].plain.decode()
    assert styled.split("\n") == [
        "p { margin: 0; }",
        *(f".{name} {{ color: red; }}" for name in ("games", "quizzes", "rumours")),
    ]
    assert not any("/page/" in name and not name.endswith(".js") for name in files)


def test_of_a_feature_only_its_page_goes_out(features: Path) -> None:
    names = {name for name in read_pages(features).files if name.startswith("features/")}
    assert names == {
        *(f"features/{feature}/page/show.js" for feature in ("games", "quizzes", "rumours")),
        *(f"features/{feature}/page/parts_of_it.js" for feature in ("games", "quizzes", "rumours")),
        "features/parts.js",
    }


def test_comments_of_our_own_stay_here_and_every_line_keeps_its_number(tmp_path: Path) -> None:
    script = (
        "/**\n * Why.\n */\nconst a = 1; // one\n  // two\nconst b = '//';\n/* c */ const c = 3;\n"
    )
    for name in ("pages/a.js", "pages/vendor/b.js", "features/games/page/c.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(script)
    files = read_pages(tmp_path).files
    for name in ("pages/a.js", "features/games/page/c.js"):
        assert files[name].plain.decode().split("\n") == [
            *("", "", ""),
            *("const a = 1; // one", "", "const b = '//';", "/* c */ const c = 3;", ""),
        ]
    assert files["pages/vendor/b.js"].plain.decode() == script


def test_files_are_compressed_and_those_of_unknown_kinds_are_left_out(folder: Path) -> None:
    files = read_pages(folder).files
    assert "pages/notes.md" not in files
    for file in files.values():
        assert gzip.decompress(file.gzipped) == file.plain
