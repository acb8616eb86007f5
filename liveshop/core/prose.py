"""Rich text from elsewhere as plain text.

A description is text and never markup, so that no page, mail or app that shows it has to trust
us or the merchant's editor: what looks like a tag is shown, not obeyed.
"""

import html
import re

import nh3

# Tags that begin a new line; nh3 leaves them without attributes, which is what _BREAK relies on.
_BLOCKS = frozenset(
    "address article blockquote br dd div dl dt figcaption footer h1 h2 h3 h4 h5 h6 header hr li "
    "ol p pre section table td th tr ul".split()
)
_BULLET = re.compile(r"\s*<li>(?:\s|<p>|<div>)*")
_BULLET_END = re.compile(r"\s*</li>")
_CELL = re.compile(r"</?t[dh]>")
_BREAK = re.compile(r"</?[a-z][a-z0-9]*>")
_BLANKS = re.compile(r"[^\S\n]+")
_GAPS = re.compile(r"\n{3,}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")


def text_of_html(body: str) -> str:
    """Return what a reader of `body` sees: scripts, styles and tags gone, paragraphs and lists
    on lines of their own, entities as the characters that they stand for.
    """
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    kept = nh3.clean(body, tags=set(_BLOCKS), attributes={}, link_rel=None)
    text = _CELL.sub(" ", _BULLET_END.sub("", _BULLET.sub("\n• ", kept)))
    text = html.unescape(_BREAK.sub("\n", text))
    lines = (_BLANKS.sub(" ", line).strip() for line in _CONTROL.sub("", text).split("\n"))
    return _GAPS.sub("\n\n", "\n".join(lines)).strip()
