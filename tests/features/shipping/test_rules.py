"""Parcels and the pages of their carriers."""

import pytest
from msgspec import ValidationError, convert

from liveshop.features.shipping.carriers import link_of
from liveshop.features.shipping.http import Fulfil
from liveshop.features.shipping.rules import FulfilmentState, Parcel


def test_a_carrier_is_known_by_the_letters_and_digits_of_its_name() -> None:
    link = "https://www.royalmail.com/track-your-item#/tracking-results/AB12GB"
    for name in ("Royal Mail", "royal-mail", "ROYALMAIL", " Royal  Mail "):
        assert link_of(name, "AB12GB") == link
    assert link_of("Ada on her bicycle", "AB12GB") is None


def test_a_number_is_a_part_of_the_link_whatever_is_in_it() -> None:
    assert link_of("UPS", "1Z/?&#%\u20ac") == (
        "https://www.ups.com/track?tracknum=1Z%2F%3F%26%23%25%E2%82%AC"
    )
    assert link_of("Japan Post", "{0}&locale=x") == (
        "https://trackings.post.japanpost.jp/services/srv/search/direct"
        "?reqCodeNo1=%7B0%7D%26locale%3Dx&locale=en"
    )


def test_a_link_of_the_merchant_s_own_is_kept_and_none_is_made_without_a_number() -> None:
    given = Parcel(
        state=FulfilmentState.SHIPPED, carrier="UPS", tracking="1Z", tracking_url="https://own/1"
    )
    assert given.linked() == given
    bare = Parcel(state=FulfilmentState.SHIPPED, carrier="UPS")
    assert bare.linked() == bare


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/1",
        "javascript:alert(1)",
        "https://ada@shop.example/",
        "https:///track",
        "https://shop.example\\@evil.example/",
        "https://shop.example/a b",
        "https://shop.example/\u0000",
        "https://shop.example/\u0085",
        "https://shop.example/" + "a" * 2_100,
        "",
    ],
)
def test_a_link_is_https_to_a_host_and_nothing_else(url: str) -> None:
    with pytest.raises(ValidationError):
        convert({"tracking_url": url}, Fulfil)
    good = convert({"tracking_url": "https://shop.example:8443?parcel=1#top"}, Fulfil)
    assert good.parcel().tracking_url == "https://shop.example:8443?parcel=1#top"
