"""The weight of the pages on the wire."""

import re
from pathlib import Path

from liveshop.edge.http.linker import Modules
from liveshop.edge.http.page_files import read_pages

_PACKAGE = Path(__file__).parents[2] / "liveshop"
CLIENT_BYTES_MAX = 11_000
VIEWER_BYTES_MAX = 110 * 1000
HEAD_BYTES = 900  # the most that an answer's headers take
LANGUAGES = ("el", "en", "ru", "zh")


def test_the_client_is_under_11_kb_and_depends_on_nothing_else() -> None:
    pages = read_pages(_PACKAGE)
    entry = pages.files["pages/liveshop.js"]
    handed_out = re.findall(r'from "\./([^"]+)"', entry.plain.decode())
    all_of_them = Modules({name: each.plain for name, each in pages.files.items()})
    modules = {each.name for each in all_of_them.needed(handed_out)}
    ours = re.compile(r"pages/client/\w+\.js|features/(\w+/page/state|states)\.js")
    assert [name for name in sorted(modules) if not ours.fullmatch(name)] == []
    zipped = [entry.gzipped, *(pages.files[name].gzipped for name in modules)]
    assert sum(map(len, zipped)) < CLIENT_BYTES_MAX


def test_the_viewers_page_is_three_answers_under_110_kb_before_video() -> None:
    pages = read_pages(_PACKAGE)
    for language in LANGUAGES:
        whole = pages.bundles[f"pages/watch.html?language={language}"]
        files = re.findall(r'(?:href|src)="/@\w+/([^"]+)"', whole.plain.decode())
        assert files == ["pages/watch.css", f"pages/viewer/main.js?language={language}"]
        answers = [whole, *(pages.bundles[name] for name in files)]
        assert sum(len(each.gzipped) + HEAD_BYTES for each in answers) < VIEWER_BYTES_MAX


def test_video_the_console_and_charts_are_none_of_the_viewers_first_visit() -> None:
    script = read_pages(_PACKAGE).bundles["pages/viewer/main.js"].plain.decode()
    modules = re.findall(r'^\$modules\["([^"]+)"\] = ', script, re.M)
    assert "pages/viewer/card.js" in modules
    assert not any("hls" in name or "console" in name for name in modules)
