"""What the pages weigh on the wire."""

import re
from pathlib import Path

from liveshop.edge.http.page_files import imported, read_pages

_PAGES = Path(__file__).parents[2] / "liveshop" / "edge" / "pages"
CLIENT_BYTES_MAX = 10 * 1024


def test_the_client_is_under_10_kib_and_depends_on_nothing_else() -> None:
    pages = read_pages(_PAGES)
    entry = pages.files["liveshop.js"]
    handed_out = set(re.findall(r'from "\./pages/([^"]+)"', entry.plain.decode()))
    modules = imported("client/shop.js", {n: each.plain for n, each in pages.files.items()})
    assert handed_out <= set(modules)
    assert all(name.startswith("client/") for name in modules)
    zipped = [entry.gzipped, *(pages.files[name].gzipped for name in modules)]
    assert sum(map(len, zipped)) < CLIENT_BYTES_MAX
