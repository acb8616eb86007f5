"""Weekly shows across changes of the clocks, in four time zones."""

from datetime import datetime

import pytest

from liveshop.core.errors import BadRequest
from liveshop.core.limits import INSTANT_MS_MAX
from liveshop.features.planning.http_times import local_time, time_zone, weeks_after

# 2026-03-15T19:00+02:00, two weeks before Athens changes its clocks.
_SUNDAY_MS = 1_773_594_000_000


def _weeks(first: str, count: int, zone: str) -> list[str]:
    """Return the local times of shows, the first of which starts at a local time."""
    place = time_zone(zone)
    first_ms = int(datetime.fromisoformat(first).timestamp()) * 1000
    return [local_time(at_ms, place) for at_ms in weeks_after(first_ms, range(count), place)]


@pytest.mark.parametrize(
    ("zone", "first", "shows"),
    [
        pytest.param(
            "Europe/Athens",
            "2026-03-22T19:00:00+02:00",
            ["2026-03-22T19:00:00+02:00", "2026-03-29T19:00:00+03:00"],
            id="athens in spring",
        ),
        pytest.param(
            "Europe/Athens",
            "2026-10-18T19:00:00+03:00",
            ["2026-10-18T19:00:00+03:00", "2026-10-25T19:00:00+02:00"],
            id="athens in autumn",
        ),
        pytest.param(
            "America/New_York",
            "2026-03-01T20:00:00-05:00",
            ["2026-03-01T20:00:00-05:00", "2026-03-08T20:00:00-04:00"],
            id="new york in spring",
        ),
        pytest.param(
            "Australia/Lord_Howe",
            "2026-03-29T19:00:00+11:00",
            ["2026-03-29T19:00:00+11:00", "2026-04-05T19:00:00+10:30"],
            id="half an hour on lord howe",
        ),
        pytest.param(
            "Asia/Tokyo",
            "2026-03-22T19:00:00+09:00",
            ["2026-03-22T19:00:00+09:00", "2026-03-29T19:00:00+09:00"],
            id="a place that changes nothing",
        ),
    ],
)
def test_a_weekly_show_keeps_its_local_time_across_summer_time(
    zone: str, first: str, shows: list[str]
) -> None:
    assert _weeks(first, 2, zone) == shows


@pytest.mark.parametrize(
    ("zone", "first", "shows"),
    [
        pytest.param(
            "Europe/Athens",
            "2026-03-22T03:30:00+02:00",
            [
                "2026-03-22T03:30:00+02:00",
                "2026-03-29T04:30:00+03:00",
                "2026-04-05T03:30:00+03:00",
            ],
            id="athens",
        ),
        pytest.param(
            "America/New_York",
            "2026-03-01T02:15:00-05:00",
            [
                "2026-03-01T02:15:00-05:00",
                "2026-03-08T03:15:00-04:00",
                "2026-03-15T02:15:00-04:00",
            ],
            id="new york",
        ),
        pytest.param(
            "Australia/Lord_Howe",
            "2026-09-27T02:15:00+10:30",
            [
                "2026-09-27T02:15:00+10:30",
                "2026-10-04T02:45:00+11:00",
                "2026-10-11T02:15:00+11:00",
            ],
            id="half an hour on lord howe",
        ),
        pytest.param(
            # Samoa went over the date line, and had no 30 December 2011 at all.
            "Pacific/Apia",
            "2011-12-23T19:00:00-10:00",
            [
                "2011-12-23T19:00:00-10:00",
                "2011-12-31T19:00:00+14:00",
                "2012-01-06T19:00:00+14:00",
            ],
            id="a whole day in apia",
        ),
    ],
)
def test_a_local_time_that_the_clocks_skip_is_later_once_and_then_as_before(
    zone: str, first: str, shows: list[str]
) -> None:
    assert _weeks(first, 3, zone) == shows


@pytest.mark.parametrize(
    ("zone", "first", "second"),
    [
        pytest.param(
            "Europe/Athens", "2026-10-18T03:30:00+03:00", "2026-10-25T03:30:00+03:00", id="athens"
        ),
        pytest.param(
            "America/New_York",
            "2026-10-25T01:30:00-04:00",
            "2026-11-01T01:30:00-04:00",
            id="new york",
        ),
        pytest.param(
            "Australia/Lord_Howe",
            "2026-03-29T01:45:00+11:00",
            "2026-04-05T01:45:00+11:00",
            id="half an hour on lord howe",
        ),
        pytest.param(
            "Pacific/Apia", "2012-03-25T03:30:00+14:00", "2012-04-01T03:30:00+14:00", id="apia"
        ),
    ],
)
def test_a_local_time_that_comes_twice_is_the_first_of_the_two(
    zone: str, first: str, second: str
) -> None:
    assert _weeks(first, 2, zone)[1] == second


def test_a_first_show_in_the_second_of_two_equal_hours_leads_to_the_local_time_after_it() -> None:
    shows = _weeks("2026-10-25T03:30:00+02:00", 2, "Europe/Athens")
    assert shows[1] == "2026-11-01T03:30:00+02:00"


def test_a_year_of_weeks_has_all_of_them_in_order() -> None:
    place = time_zone("Europe/Athens")
    instants = weeks_after(_SUNDAY_MS, range(1, 53), place)
    assert len(instants) == 52
    assert {local_time(at_ms, place)[11:16] for at_ms in instants} == {"19:00"}
    hour_ms, week_ms = 3_600_000, 7 * 86_400_000
    steps = [b - a for a, b in zip([_SUNDAY_MS, *instants], instants, strict=False)]
    assert sorted(set(steps)) == [week_ms - hour_ms, week_ms, week_ms + hour_ms]
    assert steps.index(week_ms - hour_ms) == 1


@pytest.mark.parametrize("first_ms", [INSTANT_MS_MAX, INSTANT_MS_MAX - 86_400_000])
def test_a_show_beyond_the_last_instant_is_refused(first_ms: int) -> None:
    with pytest.raises(BadRequest, match="`starts_at_ms`: a show would start before 1970"):
        weeks_after(first_ms, range(2), time_zone("Pacific/Apia"))


@pytest.mark.parametrize(
    "name",
    ["Europe/Atlantis", "Europe", "europe/athens", "right/Europe/Athens", "localtime", "posixrules",
     "leapseconds", "tzdata", "Factory", "CEST"],
)  # fmt: skip
def test_the_name_of_no_place_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(BadRequest) as refused:
        time_zone(name)
    assert refused.value.message == (
        f"`time_zone`: {name} is no time zone of the IANA database; such as Europe/Athens"
    )
