"""The weight of the pages on the wire."""

import re
from pathlib import Path

from liveshop.edge.http.page_files import imported, read_pages

_PACKAGE = Path(__file__).parents[2] / "liveshop"
CLIENT_BYTES_MAX = 11_000
VIEWER_BYTES_MAX = 120 * 1000
HEAD_BYTES = 900  # the most that an answer's headers take


def test_the_client_is_under_11_kb_and_depends_on_nothing_else() -> None:
    pages = read_pages(_PACKAGE)
    entry = pages.files["pages/liveshop.js"]
    handed_out = re.findall(r'from "\./([^"]+)"', entry.plain.decode())
    contents = {name: each.plain for name, each in pages.files.items()}
    modules = {name for each in handed_out for name in imported(each, contents)}
    ours = re.compile(r"pages/client/\w+\.js|features/(\w+/page/state|parts)\.js")
    assert [name for name in sorted(modules) if not ours.fullmatch(name)] == []
    zipped = [entry.gzipped, *(pages.files[name].gzipped for name in modules)]
    assert sum(map(len, zipped)) < CLIENT_BYTES_MAX


def test_the_viewers_page_is_under_120_kb_before_video() -> None:
    pages = read_pages(_PACKAGE)
    page = pages.files["pages/watch.html"].plain.decode()
    names = ["pages/watch.html", *re.findall(r'(?:href|src)="/@\w+/([^"]+)"', page)]
    languages = [name for name in pages.files if name.startswith("pages/messages/")]
    names.append(max(languages, key=lambda name: len(pages.files[name].gzipped)))
    assert not any("hls" in name or "uplot" in name or "console" in name for name in names)
    weight = sum(len(pages.files[name].gzipped) + HEAD_BYTES for name in names)
    assert weight < VIEWER_BYTES_MAX
    # A browser asks for six at a time over HTTP/1.1, and waits for an answer ten times.
    assert len(names) <= 60
