"""How the pages' files are read: compressed, put together, and named by what is in them."""

import gzip
import json
import re
from pathlib import Path

import pytest

from liveshop.edge.http.modules import LinkError
from liveshop.edge.http.page_files import read_pages

_PAGE = """<head>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/pages/look.css">
    <link rel="stylesheet" href="/pages/styles/show.css">
    <script type="module" src="/pages/show/main.js"></script>
</head>"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A page whose script imports two modules, one of them by the way of the other."""
    pages = tmp_path / "pages"
    for name in ("show", "styles", "messages", "shared"):
        (pages / name).mkdir(parents=True)
    (pages / "page.html").write_text(_PAGE)
    (pages / "look.css").write_text("p { margin: 0; src: url(fonts/a.woff2); }")
    (pages / "styles" / "show.css").write_text('a { src: url("../fonts/b.woff2") url(data:,); }')
    (pages / "messages" / "en.json").write_text('{"a": "Page"}')
    (pages / "messages" / "el.json").write_text('{"a": "Σελίδα\u2028"}')
    (pages / "shared" / "given.js").write_text("export const GIVEN = {};\n")
    (pages / "show" / "main.js").write_text('import {\n  a,\n} from "../deep.js";\n')
    (pages / "deep.js").write_text('export { a } from "./deeper.js";\n')
    (pages / "deeper.js").write_text(
        'import { GIVEN } from "./shared/given.js";\nexport const a = GIVEN;\n'
    )
    (pages / "notes.md").write_text("not for viewers")
    return tmp_path


@pytest.fixture
def features(folder: Path) -> Path:
    """The same page with two features of which one is woken, and one that is in no list."""
    (folder / "pages" / "show" / "main.js").write_text('import "../../features/parts.js";\n')
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
        "export const PARTS = [\n"
        '  { name: "games", pages: ["show"] },\n'
        '  { name: "quizzes", wakes: "quiz.", pages: ["show"] },\n'
        "];\n"
    )
    return folder


def _modules(script: bytes) -> list[str]:
    return re.findall(r'^\$modules\["([^"]+)"\] = (?:async )?\(\) => \{', script.decode(), re.M)


def test_a_page_asks_for_one_sheet_and_one_script_in_its_language(folder: Path) -> None:
    pages = read_pages(folder)
    start = f"/@{pages.version}/pages"
    for language in ("en", "el"):
        page = pages.bundles[f"pages/page.html?language={language}"]
        assert page.plain.decode() == (
            '<head>\n    <link rel="icon" href="data:,">\n'
            f'    <link rel="stylesheet" href="{start}/page.css">\n'
            f'    <script type="module" src="{start}/show/main.js?language={language}"></script>\n'
            "</head>"
        )
    assert pages.files["pages/page.html"].plain.decode() == _PAGE


def test_a_script_has_all_that_is_imported_and_the_messages_of_its_language(folder: Path) -> None:
    bundles = read_pages(folder).bundles
    for language, said in (("en", "Page"), ("el", "Σελίδα\u2028")):
        script = bundles[f"pages/show/main.js?language={language}"].plain
        assert _modules(script) == [
            *("pages/shared/given.js", "pages/deeper.js", "pages/deep.js", "pages/show/main.js")
        ]
        (given,) = re.findall(r"JSON\.parse\((.*)\) \}\);", script.decode())
        assert json.loads(json.loads(given)) == {language: {"a": said}}
    assert bundles["pages/show/main.js"] == bundles["pages/show/main.js?language=en"]


def test_the_sheets_of_a_page_are_one_in_their_order_and_lead_where_they_did(folder: Path) -> None:
    assert read_pages(folder).bundles["pages/page.css"].plain.decode() == (
        'p { margin: 0; src: url("fonts/a.woff2"); }\na { src: url("fonts/b.woff2") url(data:,); }'
    )


def test_a_sheet_that_imports_another_is_refused(folder: Path) -> None:
    (folder / "pages" / "look.css").write_text('@import "other.css";')
    with pytest.raises(LinkError, match=r"^liveshop/pages/look\.css: @import"):
        read_pages(folder)


def test_the_version_is_another_when_any_file_is(folder: Path) -> None:
    before = read_pages(folder)
    assert read_pages(folder) == before
    (folder / "pages" / "deeper.js").write_text("export const a = 1;")
    assert read_pages(folder).version != before.version


def test_the_version_is_another_when_a_feature_is(features: Path) -> None:
    before = read_pages(features)
    for name in ("show.js", "show.css", "messages/en.json", "liveshop.d.ts"):
        file = features / "features" / "games" / "page" / name
        file.write_text(file.read_text() + "\n")
        after = read_pages(features)
        assert after.version != before.version, name
        before = after


def test_the_script_has_the_features_that_are_there_from_the_start_and_no_others(
    features: Path,
) -> None:
    bundles = read_pages(features).bundles
    assert _modules(bundles["pages/show/main.js"].plain) == [
        "features/parts.js",
        "pages/show/main.js",
        "features/games/page/parts_of_it.js",
        "features/games/page/show.js",
    ]
    assert {name for name in bundles if name.startswith("show/")} == {
        "show/features/quizzes/page/show.js",
        "show/features/quizzes/page/parts_of_it.js",
    }


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
    assert styled.split("\n")[1:] == [
        f".{name} {{ color: red; }}" for name in ("games", "quizzes", "rumours")
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
    pages = read_pages(folder)
    assert "pages/notes.md" not in pages.files
    for file in (*pages.files.values(), *pages.bundles.values()):
        assert gzip.decompress(file.gzipped) == file.plain
