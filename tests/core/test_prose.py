"""Rich text becomes plain text that says the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liveshop.core.prose import text_of_html


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
