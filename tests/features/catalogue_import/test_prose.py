"""Rich text becomes plain text that says the same."""

import re

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop.features.catalogue_import.limits import DESCRIPTION_HTML_CHARS_MAX
from liveshop.features.catalogue_import.prose import text_of_html
from tests.fuzz.bounds import calls_of


def test_plain_text_stays_as_it_is() -> None:
    assert (
        text_of_html("Soft wool.\n\nWash cold, at 20 °C.") == "Soft wool.\n\nWash cold, at 20 °C."
    )


def test_paragraphs_and_lists_stand_on_lines_of_their_own() -> None:
    body = "<p>Dry &amp; <b>warm</b>.</p>\r\n<ul><li>hood</li>\r\n<li><p>pockets</p></li></ul>after"
    assert text_of_html(body) == "Dry & warm.\n\n• hood\n• pockets\n\nafter"


def test_cells_of_a_table_do_not_run_into_each_other() -> None:
    assert text_of_html("<table><tr><td>S</td><td>36</td></tr></table>") == "S 36"


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        "<style>p {}</style>",
        "<img src=x onerror=alert(1)>",
        "<!-- note -->",
        "<svg onload=alert(1)></svg>",
        "<svg viewBox='0 0 9 9'><title>Icon</title><g><text>x</text></g></svg>",
        "<SVG><desc>Icon</desc><path d='M0 0'/></SVG>",
        "<svg/>",
        "<math><mi>x</mi></math>",
        "<SCRIPT >if (a < b) alert('</scripted>')</script\n>",
        "<template><p>later</p></template>",
        "<a title='x > y' href=\"a>b\" >",
        "<a b=c\"d'>",
        "<i b = '>'>",
        "<!-->",
        "<!--->",
        "<!-- a > b --!>",
        "<!DOCTYPE html>",
        "<?xml version='1.0'?>",
        "</ b>",
        "</>",
        "&#1;&#x7f;\x00",
    ],
)
def test_what_no_reader_sees_is_gone(body: str) -> None:
    assert text_of_html(f"a{body}b") == "ab"


def test_a_tag_written_as_text_is_text() -> None:
    assert text_of_html("use &lt;b&gt; for bold") == "use <b> for bold"


@given(st.text(st.characters(codec="utf-8", exclude_characters="<&")))
def test_no_control_character_and_no_gap_gets_through(text: str) -> None:
    result = text_of_html(text)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]|\n{3}", result)
    assert result == result.strip()


def test_what_has_no_end_goes_on_to_the_end() -> None:
    for unclosed in ("<!-- b", "<script>b", "<b", "<b c='>", "</b ", "<!b", "<?b", "</", "<title"):
        assert text_of_html(f"a{unclosed}") == "a"


def test_the_content_of_a_title_is_shown_as_it_is_written() -> None:
    assert text_of_html("<title>a<b>&lt;</title>c<textarea>d</p></textarea>") == "a<b><cd</p>"


def test_a_drawing_without_an_end_ends_where_text_goes_on() -> None:
    assert text_of_html("a<svg><path d='M0 0'><text>x<p>b</p>c") == "a\nb\nc"
    assert text_of_html("<svg><svg><text>x</text></svg>a") == "a"


def test_a_sign_that_begins_no_tag_is_text() -> None:
    assert text_of_html("1 < 2 <3 <é <") == "1 < 2 <3 <é <"


def test_a_paragraph_ends_where_its_end_is_left_out() -> None:
    assert text_of_html("<p>a<p>b<ul><li>c<li>d</ul>e") == "a\n\nb\n\n• c\n• d\ne"


@pytest.mark.parametrize(
    ("entity", "character"),
    [
        ("&#0000000000000065;", "A"),
        ("&#" + "9" * 5_000 + ";", "\ufffd"),
        ("&#x" + "f" * 5_000 + ";", "\ufffd"),
        ("&#128;", "€"),
        ("&notit;", "¬it;"),
    ],
)
def test_any_number_is_some_character(entity: str, character: str) -> None:
    assert text_of_html(entity) == character


_words = st.sampled_from(
    ["Soft", " wool ", "&amp;", "&lt;b&gt;", "a\n b", "&nbsp;", "5 &euro;", "\n"]
)
_voids = st.sampled_from(
    ["<br>", "<br/>", "<!-- a > b -->", "<img src=x alt='>'>", "<script>if(a<b){}</script>"]
)


def _inside(tag: str, content: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return content.map(lambda inner: f"<{tag} title='a>b'>{inner}</{tag}>")


_inline = st.recursive(
    _words | _voids,
    lambda inner: st.lists(_inside("b", inner) | _inside("span", inner) | inner).map("".join),
    max_leaves=6,
)


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(_inside("li", inner), min_size=1, max_size=3)
    cells = st.lists(_inside("td", _inline), min_size=2, max_size=2).map("".join)
    rows = st.lists(_inside("tr", cells), min_size=1, max_size=2).map("".join)
    each = st.one_of(
        _inline,
        _inside("p", _inline),
        _inside("h2", _inline),
        _inside("div", inner),
        _inside("ul", items.map("\n".join)),
        _inside("table", _inside("tbody", rows)),
    )
    return st.lists(each, max_size=4).map("".join)


@given(st.recursive(_inline, _blocks, max_leaves=12))
def test_a_parser_that_builds_the_tree_reads_the_same_text(body: str) -> None:
    # Of what is no HTML the rules make strange trees, and only a parser of trees reads it so.
    tags = {"p", "h2", "div", "ul", "li", "table", "tr", "td", "br"}
    tree = nh3.clean(body, tags=tags, attributes={}, link_rel=None)
    assert text_of_html(body) == text_of_html(tree)


@pytest.mark.parametrize(
    "unit",
    [
        *(" ", "\n", "<li>", "\n<li>", " </li>", " <b> ", "<p>", "<div>", "<td>", "<b id=1>"),
        *(
            "</x>",
            "<",
            "&",
            "&amp",
            "&#",
            "<!--",
            "<a b='",
            "<a b ",
            "<template>",
            "</",
            "<!",
            "&#9",
        ),
    ],
)
def test_twice_as_much_markup_is_twice_the_work(unit: str) -> None:
    def work(count: int) -> int:
        return calls_of(lambda: text_of_html(unit * count))

    small, large = work(1_000), work(2_000)
    assert large <= 2 * small + 100
    assert small <= 100 + 40 * 1_000


def test_the_longest_description_is_read_at_all_depths() -> None:
    count = DESCRIPTION_HTML_CHARS_MAX // len("<div>x</div>")
    assert text_of_html("<div>" * count + "x" + "</div>" * count) == "x"
