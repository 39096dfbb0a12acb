"""Windows around releases: how wide, how merged, and told only of what is known."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.markets.blackout import NewsRules, after_release, announcements, windows
from tradewind.markets.clock import MINUTE, from_utc, to_utc
from tradewind.markets.loading import load_profile
from tradewind.markets.news import Event
from tradewind.markets.releases import shipped_versions

US30, EURUSD, OIL = (load_profile("metatrader").instrument(symbol) for symbol in ("US30", "EURUSD", "USOIL"))
DAY = "2026-01-14"
RULES = NewsRules()


def at(time, day=DAY):
    """Return the instant of a UTC time of the day of these tests."""
    return to_utc(datetime.fromisoformat(f"{day}T{time}"), "UTC")


def release(name, time, known="00:00", **more):
    """Return a version of an important release in dollars."""
    return Event(name, name, "USD", "high", at(time), at(known), "test")._replace(**more)


def told(versions, rules=RULES, instrument=US30, first="00:00", last="23:59"):
    """Return the entries of a day as text: when told, and the window."""
    entries = announcements(versions, (0, instrument), rules, at(first), at(last))
    return [" ".join(shown(moment) for moment in (one.ts, one.opens, one.closes)) + f" {one.kinds}" for one in entries]


def shown(moment):
    return from_utc(moment, "UTC").strftime("%H:%M") if moment else "-"


TABLE = [
    ("one release", [release("a", "13:30")], ["00:00 13:15 13:45 1", "13:45 - - 0"]),
    ("a rate decision", [release("a", "19:00", kind="fomc")], ["00:00 18:30 20:00 2", "20:00 - - 0"]),
    ("decision and press conference are one", [release("a", "19:00", kind="fomc"), release("b", "19:30", kind="fomc")],
     ["00:00 18:30 20:30 2", "20:30 - - 0"]),
    ("the next is told when the one before is over", [release("a", "13:30"), release("b", "15:00")],
     ["00:00 13:15 13:45 1", "13:45 14:45 15:15 1", "15:15 - - 0"]),
    ("windows that touch are one", [release("a", "13:30"), release("b", "14:00")],
     ["00:00 13:15 14:15 1", "14:15 - - 0"]),
    ("a short one inside a long one", [release("a", "19:00", kind="fomc"), release("b", "19:00")],
     ["00:00 18:30 20:00 3", "20:00 - - 0"]),
    ("known late", [release("a", "13:30", "13:20")], ["13:20 13:15 13:45 1", "13:45 - - 0"]),
    ("known when all is over", [release("a", "13:30", "14:00")], []),
    ("an earlier one becomes known", [release("a", "15:00"), release("b", "13:30", "12:00")],
     ["00:00 14:45 15:15 1", "12:00 13:15 13:45 1", "13:45 14:45 15:15 1", "15:15 - - 0"]),
    ("moved back", [release("a", "13:30"), release("a", "15:00", "12:00")],
     ["00:00 13:15 13:45 1", "12:00 14:45 15:15 1", "15:15 - - 0"]),
    ("moved while its window was open", [release("a", "13:30"), release("a", "15:00", "13:20")],
     ["00:00 13:15 13:45 1", "13:20 14:45 15:15 1", "15:15 - - 0"]),
    ("called off", [release("a", "13:30"), release("a", "13:30", "12:00", cancelled=True)],
     ["00:00 13:15 13:45 1", "12:00 - - 0"]),
    ("called off and called back", [release("a", "13:30"), release("a", "13:30", "12:00", cancelled=True),
     release("a", "14:30", "12:30")],
     ["00:00 13:15 13:45 1", "12:00 - - 0", "12:30 14:15 14:45 1", "14:45 - - 0"]),
    ("not as important as thought", [release("a", "13:30"), release("a", "13:30", "12:00", impact="medium")],
     ["00:00 13:15 13:45 1", "12:00 - - 0"]),
    ("not important", [release("a", "13:30", impact="medium")], []),
    ("another currency", [release("a", "13:30", currency="EUR")], []),
    ("crude stocks leave the Dow alone", [release("a", "15:30", kind="eia")], []),
]  # fmt: skip


@pytest.mark.parametrize(("what", "versions", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_what_is_told_of_a_day(what, versions, expected):
    """Each entry: told at, window, kinds."""
    assert told(versions) == expected, what


def test_a_run_that_begins_inside_a_window_is_told_of_it():
    """The first entry stands at the beginning of the run."""
    assert told([release("a", "13:30")], first="13:40") == ["13:40 13:15 13:45 1", "13:45 - - 0"]


def test_windows_follow_the_settings():
    """Widths and impacts are those asked for; oil stocks are important to oil whatever their impact."""
    rules = NewsRules(("medium",), (5, 10), (0, 1), (1, 2))
    events = [release("a", "13:30", impact="medium"), release("b", "14:30")]

    assert told(events, rules) == ["00:00 13:25 13:40 1", "13:40 - - 0"]
    assert told([release("e", "15:30", kind="eia", impact="low")], rules, OIL) == ["00:00 15:29 15:32 4", "15:32 - - 0"]


def test_lock_and_flat_follow_each_release():
    """A firm's lock is told release by release, inside the window or beyond it; flat is asked before each."""
    rules = NewsRules(lock=(2, 2), flatten_before=5)
    entries = announcements([release("a", "13:30"), release("b", "13:40")], (3, US30), rules, at("00:00"), at("23:59"))
    found = [" ".join(shown(one) for one in (e.ts, e.lock_opens, e.lock_closes, e.flat_at)) for e in entries]

    assert found == [
        "00:00 13:28 13:32 13:25", "13:30 13:28 13:32 13:35", "13:32 13:38 13:42 13:35", "13:40 13:38 13:42 -",
        "13:42 - - -", "13:55 - - -",
    ]  # fmt: skip


def test_the_dow_on_the_day_of_a_decision():
    """2026-01-28: from half an hour before the statement to an hour after the beginning of the press conference."""
    day = "2026-01-28"
    entries = list(announcements(shipped_versions(), (0, US30), RULES, at("12:00", day), at("23:00", day)))

    assert (shown(entries[0].opens), shown(entries[0].closes), entries[0].kinds) == ("18:30", "20:30", 2)


def test_the_first_minutes_after_a_release():
    """They are those of what came in the end; called off or unimportant releases have none."""
    versions = [release("a", "13:30"), release("a", "15:00", "14:00"), release("b", "16:00", impact="low")]

    assert after_release(versions, US30, RULES, 5) == [(at("15:00"), at("15:05"))]
    assert after_release(versions, US30, RULES, 0) == []


MINUTES = st.integers(0, 1439)


@st.composite
def histories(draw):
    """Return versions of a few releases, moved, called off and called back at random."""
    rows = draw(st.lists(st.tuples(st.sampled_from("abcd"), MINUTES, MINUTES, st.booleans(),
                                   st.sampled_from(["release", "fomc"])), max_size=12))  # fmt: skip
    start = at("00:00")
    return [
        Event(name, name, "USD", "high", start + due * MINUTE, start + known * MINUTE, "test", kind, off)
        for name, due, known, off, kind in rows
    ]


@settings(deadline=None)
@given(histories(), histories(), MINUTES)
def test_what_becomes_known_later_changes_nothing_earlier(versions, later, minute):
    """Versions known from a moment on change nothing of what is told before that moment."""
    cut = at("00:00") + minute * MINUTE
    late = [event._replace(known_at=max(event.known_at, cut)) for event in later]
    rules = NewsRules(lock=(2, 2), flatten_before=2)

    before, after = (
        [one for one in announcements(some, (0, US30), rules, at("00:00"), at("23:59")) if one.ts < cut]
        for some in (versions, versions + late)
    )

    assert before == after


@settings(deadline=None)
@given(histories(), MINUTES)
def test_the_end_of_a_run_changes_nothing_before_it(versions, minute):
    """A shorter run is told the beginning of what a longer one is told."""
    cut = at("00:00") + minute * MINUTE
    whole = list(announcements(versions, (0, US30), RULES, at("00:00"), at("23:59")))

    assert list(announcements(versions, (0, US30), RULES, at("00:00"), cut)) == [one for one in whole if one.ts <= cut]


@settings(deadline=None)
@given(histories(), MINUTES)
def test_what_is_told_agrees_with_the_calendar_of_the_moment(versions, minute):
    """At any moment the window last told is the one that is open, or the next, in the calendar as known then."""
    now = at("00:00") + minute * MINUTE
    entries = list(announcements(versions, (0, US30), RULES, at("00:00"), now))
    ahead = [one for one in windows(versions, US30, RULES, now) if one.closes > now]
    last = (entries[-1].opens, entries[-1].closes) if entries else (0, 0)

    assert last[1] == (ahead[0].closes if ahead else 0)
    assert last[0] <= now if ahead and ahead[0].opens <= now else last[0] == (ahead[0].opens if ahead else 0)


def test_ten_thousand_releases_known_one_by_one_are_told_in_order():
    """A long imported calendar is told in order of time, each window once."""
    events = [release(f"r{n}", "00:00", ts=at("00:00") + n * 60 * MINUTE, known_at=at("00:00") + n * 60 * MINUTE - 7)
              for n in range(10_000)]  # fmt: skip
    entries = list(announcements(events, (0, US30), RULES, 0, 2**62))

    assert [one.ts for one in entries] == sorted(one.ts for one in entries)
    assert len([one for one in entries if one.opens]) == 10_000
