"""Rich text from elsewhere as plain text.

A description is text and never markup, so that no page, mail or app that shows it has to trust
us or the merchant's editor: text that looks like a tag is shown, not obeyed.

The markup is read once, from left to right, and no tree is built of it. A parser that builds one
is at the mercy of its input: by the rules of HTML, 37 KB of `<p><b id=1><b id=2>…</p><p>x…` are
a tree of a gigabyte. This reader's time and memory grow with the number of characters.
"""

import html
import re
from typing import Final

# Tags that begin a new line, and whose ends do.
_BLOCKS: Final = frozenset(
    "address article blockquote br dd div dl dt figcaption footer h1 h2 h3 h4 h5 h6 header hr li "
    "ol p pre section table td th tr ul".split()
)
_CELLS: Final = frozenset(("td", "th"))
# Blocks that a paragraph may have in it; any other ends the paragraph that is open.
_IN_PARAGRAPH: Final = frozenset(("br", "td", "th", "tr"))
# Blocks that share the line of the bullet right before them.
_AFTER_BULLET: Final = frozenset(("p", "div"))
# Elements whose content is no markup: nobody sees it, or everybody sees it as it is written.
_UNSEEN: Final = frozenset(("script", "style"))
_VERBATIM: Final = frozenset(("iframe", "noembed", "noframes", "textarea", "title", "xmp"))
# Drawings: words written in them are no part of the text, as the titles of icons are not.
_DRAWINGS: Final = frozenset(("svg", "math"))
# Elements that no drawing has in it, so that they end one whose own end is missing.
_NOT_DRAWN: Final = (_BLOCKS - {"article", "section", "tr", "td", "th"}) | frozenset(
    "b big body center code em embed head i img menu meta ruby s small span strong strike sub "
    "sup table tt u var".split()
)

# Any other `<` is text.
_MARKUP: Final = re.compile(r"<(?=[a-zA-Z/!?])")
# A tag with its attributes; `>` may stand in a quoted one, and the end may be missing. A quoted
# value begins after `=` and nowhere else, so that each character belongs to one part only.
_TAG: Final = re.compile(
    r"""<(/?)([a-zA-Z][^\t\n\f />]*+)
    (?:
        [^=>]++
    |
        =[\t\n\f =]*+ (?: "[^"]*+(?:"|\Z) | '[^']*+(?:'|\Z) )?+
    )*+
    (>|\Z)""",
    re.VERBOSE,
)
_COMMENT_END: Final = re.compile(r"--!?>")
_CONTENT_END: Final = {
    name: re.compile(rf"</{name}(?=[\t\n\f />])", re.IGNORECASE) for name in _UNSEEN | _VERBATIM
}
_SOURCE_BLANKS: Final = "\t\n\f "
_BLANKS: Final = re.compile(r"[^\S\n]+")
_GAPS: Final = re.compile(r"\n{3,}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
# A number of thousands of digits takes the square of them to read, and Python refuses to.
_ZEROS: Final = re.compile(r"&#0++(?=[0-9])")
_NO_CHARACTER: Final = re.compile(r"&#[0-9]{8,}+;?")


def text_of_html(body: str) -> str:
    """Return what a reader of `body` sees: scripts, styles and tags gone, paragraphs and lists
    on lines of their own, entities as the characters that they stand for.
    """
    reader = _Reader(body.replace("\r\n", "\n").replace("\r", "\n"))
    text = _CONTROL.sub("", reader.read())
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return _GAPS.sub("\n\n", "\n".join(lines)).strip()


class _Reader:
    """One pass over a body: `_at` only ever goes up, and no search starts before it.

    A search that finds nothing ends the pass, or as many of them as there are `<!--` would each
    look through all the rest.
    """

    def __init__(self, body: str) -> None:
        self._body = body
        self._at = 0
        self._written: list[str] = []
        # From here on `_written` is text of the body, whose last blanks a bullet removes.
        self._text_from = 0
        self._after_bullet = False
        self._in_paragraph = False
        self._templates = 0  # whose content nobody sees
        self._in_drawing = False

    def read(self) -> str:
        """Return the text, with a line for each block, blanks as they come, and gaps."""
        body = self._body
        while (markup := _MARKUP.search(body, self._at)) is not None:
            self._take_text(body[self._at : markup.start()])
            self._at = self._after_markup(markup.start())
        self._take_text(body[self._at :])
        return "".join(self._written)

    def _after_markup(self, at: int) -> int:
        """Take the tag or comment that `<` begins; return where it ends."""
        body = self._body
        tag = _TAG.match(body, at)
        if tag is not None:
            closing, name, end = tag.groups()
            if not end:
                return len(body)  # as browsers do: a tag without end is not there
            return self._take_tag(name.lower(), bool(closing), tag.end())
        if body.startswith("<!--", at) and not body.startswith(("<!-->", "<!--->"), at):
            comment_end = _COMMENT_END.search(body, at + 4)
            return len(body) if comment_end is None else comment_end.end()
        return body.find(">", at) + 1 or len(body)

    def _take_tag(self, name: str, closing: bool, at: int) -> int:
        """Take a tag that ends at `at`; return where what it stands for ends."""
        if name in _DRAWINGS:
            self._in_drawing = not closing and self._body[at - 2] != "/"
            return at
        if self._in_drawing and not closing and name in _NOT_DRAWN:
            self._in_drawing = False
        if name in _CONTENT_END and not closing:
            content_end = _CONTENT_END[name].search(self._body, at)
            stop = len(self._body) if content_end is None else content_end.start()
            if name in _VERBATIM:
                self._take_text(self._body[at:stop])
            return stop
        if name == "template":
            self._templates = max(0, self._templates + (-1 if closing else 1))
        elif name == "li":
            self._take_item(closing)
        elif name in _CELLS:
            self._write(" ")
        elif name in _BLOCKS:
            self._take_block(name, closing)
        return at

    def _take_text(self, text: str) -> None:
        if self._templates or self._in_drawing:
            return
        if self._after_bullet:
            text = text.lstrip(_SOURCE_BLANKS)
        if text:
            self._after_bullet = False
            self._written.append(html.unescape(_NO_CHARACTER.sub("\ufffd", _ZEROS.sub("&#", text))))

    def _take_item(self, closing: bool) -> None:
        """Begin an item of a list with its bullet, or end it, without the blanks before that."""
        written = self._written
        while len(written) > self._text_from:
            if kept := written.pop().rstrip(_SOURCE_BLANKS):
                written.append(kept)
                break
        if self._in_paragraph:
            self._in_paragraph = False
            self._write("\n")
        if not closing:
            self._write("\n• ")
        self._after_bullet = not closing

    def _take_block(self, name: str, closing: bool) -> None:
        begins_paragraph = name == "p" and not closing
        if self._after_bullet and not closing and name in _AFTER_BULLET:
            self._in_paragraph = begins_paragraph
            return
        if name not in _IN_PARAGRAPH:
            if self._in_paragraph and (name, closing) != ("p", True):
                self._write("\n")  # the end of the paragraph, which may be left out
            self._in_paragraph = begins_paragraph
        self._write("\n")

    def _write(self, text: str) -> None:
        if not self._templates:
            self._written.append(text)
            self._text_from = len(self._written)
            self._after_bullet = False
