"""The weight of the pages on the wire."""

import re
from pathlib import Path

from liveshop.edge.http.page_files import imported, read_pages

_PAGES = Path(__file__).parents[2] / "liveshop" / "pages"
CLIENT_BYTES_MAX = 10 * 1024
VIEWER_BYTES_MAX = 120 * 1000
HEAD_BYTES = 900  # the most that an answer's headers take


def test_the_client_is_under_10_kib_and_depends_on_nothing_else() -> None:
    pages = read_pages(_PAGES)
    entry = pages.files["liveshop.js"]
    handed_out = set(re.findall(r'from "\./pages/([^"]+)"', entry.plain.decode()))
    modules = imported("client/shop.js", {n: each.plain for n, each in pages.files.items()})
    assert handed_out <= set(modules)
    assert all(name.startswith("client/") for name in modules)
    zipped = [entry.gzipped, *(pages.files[name].gzipped for name in modules)]
    assert sum(map(len, zipped)) < CLIENT_BYTES_MAX


def test_the_viewers_page_is_under_120_kb_before_video() -> None:
    pages = read_pages(_PAGES)
    page = pages.files["watch.html"].plain.decode()
    names = ["watch.html", *re.findall(r'(?:href|src)="/pages/@\w+/([^"]+)"', page)]
    languages = [name for name in pages.files if name.startswith("messages/")]
    names.append(max(languages, key=lambda name: len(pages.files[name].gzipped)))
    assert not any("hls" in name or "uplot" in name or "console" in name for name in names)
    weight = sum(len(pages.files[name].gzipped) + HEAD_BYTES for name in names)
    assert weight < VIEWER_BYTES_MAX
    assert len(names) < 60
