"""Calendars brought in: every format, every mistake, and versions that are never changed."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime

import pytest

from tradewind.adapters.news import NewsStore
from tradewind.data.releases import import_news
from tradewind.data.releases.rows import Stated
from tradewind.errors import TradewindError
from tradewind.markets.clock import DAY, HOUR, from_utc, to_utc
from tradewind.markets.news import known

NOW = to_utc(datetime.fromisoformat("2026-01-01T12:00"), "UTC")
OURS = """time,currency,name,impact
2026-01-13T13:30Z,USD,CPI m/m,high
2026-01-14 08:30:00-05:00,usd,Retail Sales,medium

2026-01-15 10:00 +0100,EUR,German GDP,low
"""
FOREX_FACTORY = """Title,Country,Date,Time,Impact,Forecast,Previous
CPI m/m,USD,01-13-2026,1:30pm,High,0.3%,0.2%
Bank Holiday,JPY,01-13-2026,12:00am,Holiday,,
Federal Funds Rate,USD,01-28-2026,7:00pm,High,,
"""
METATRADER = "Date\tTime\tCurrency\tImportance\tEvent\tActual\tForecast\tPrevious\r\n" + "".join(
    f"{row}\t\t\t\r\n"
    for row in (
        "2026.01.13\t15:30\tUSD\tCALENDAR_IMPORTANCE_HIGH\tCPI m/m",
        "2026.01.14\t17:30:00\tUSD\t2\tEIA Crude Oil Stocks Change",
    )
)
JSON = [
    {"title": "CPI m/m", "country": "USD", "date": "2026-01-13T08:30:00-05:00", "impact": "High", "forecast": "0.3%"},
    {"title": "Martin Luther King", "country": "USD", "date": "2026-01-19T00:00:00-05:00", "impact": "Holiday"},
]
ICS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:test
BEGIN:VEVENT
UID:cpi@bls
SUMMARY:CPI m/m
DTSTART;TZID=America/New_York:20260113T083000
CATEGORIES:USD,High
END:VEVENT
BEGIN:VEVENT
UID:claims@dol
SUMMARY:Jobless claims
DTSTART;TZID=America/New_York:20260226T083000
RRULE:FREQ=WEEKLY;COUNT=4
EXDATE;TZID=America/New_York:20260305T083000
CATEGORIES:USD
PRIORITY:5
END:VEVENT
BEGIN:VEVENT
UID:claims@dol
RECURRENCE-ID;TZID=America/New_York:20260319T083000
SUMMARY:Jobless claims
DTSTART;TZID=America/New_York:20260318T083000
CATEGORIES:USD
PRIORITY:5
END:VEVENT
BEGIN:VEVENT
UID:off@test
SUMMARY:Speech
DTSTART:20260120T150000Z
CATEGORIES:EUR,Low
STATUS:CANCELLED
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    return NewsStore(tmp_path / "news")


def write(tmp_path, text, name="calendar.csv", encoding="utf-8"):
    """Return a file with that text."""
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def calendar(store, moment=2**62):
    """Return what is known at a moment: UTC time, currency, impact, kind, name."""
    return [
        f"{from_utc(event.ts, 'UTC'):%m-%d %H:%M} {event.currency} {event.impact} {event.kind} {event.name}"
        for event in known(store.versions(), moment)
    ]


def test_our_own_columns(tmp_path, store):
    """Times with Z and with an offset; what is known since when is the import where nothing else is said."""
    done = import_news(write(tmp_path, OURS), store, NOW)

    assert (done.releases, done.new, done.changed, done.unseen) == (3, 3, 0, 0)
    assert calendar(store) == [
        "01-13 13:30 USD high release CPI m/m",
        "01-14 13:30 USD medium release Retail Sales",
        "01-15 09:00 EUR low release German GDP",
    ]
    assert calendar(store, NOW - 1) == []
    assert {event.source for event in store.versions()} == {"calendar.csv"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_forex_factory(tmp_path, store, encoding):
    """Their months stand first, their hours are of a clock that must be stated; a bank holiday is no release."""
    done = import_news(write(tmp_path, FOREX_FACTORY, encoding=encoding), store, NOW, stated=Stated("UTC", "FF"))

    assert (done.releases, done.passed_over) == (2, 1)
    assert calendar(store) == ["01-13 13:30 USD high release CPI m/m", "01-28 19:00 USD high fomc Federal Funds Rate"]
    assert {event.source for event in store.versions()} == {"FF"}


def test_metatrader(tmp_path, store):
    """Server time of NY+7: 15:30 is 08:30 New York."""
    import_news(write(tmp_path, METATRADER, "mt5.csv"), store, NOW, stated=Stated("NY+7"))

    assert calendar(store) == [
        "01-13 13:30 USD high release CPI m/m",
        "01-14 15:30 USD medium eia EIA Crude Oil Stocks Change",
    ]


@pytest.mark.parametrize("whole", [JSON, {"events": JSON}])
def test_json(tmp_path, store, whole):
    """A list of objects, bare or under a name."""
    done = import_news(write(tmp_path, json.dumps(whole), "week.json"), store, NOW)

    assert calendar(store) == ["01-13 13:30 USD high release CPI m/m"]
    assert done.passed_over == 1


def test_icalendar(tmp_path, store):
    """Rules repeat at the wall time of their zone across the change of clocks; what was taken out or moved is so."""
    import_news(write(tmp_path, ICS, "week.ics"), store, NOW)

    assert calendar(store) == [
        "01-13 13:30 USD high release CPI m/m",
        "02-26 13:30 USD medium release Jobless claims",
        "03-12 12:30 USD medium release Jobless claims",
        "03-18 12:30 USD medium release Jobless claims",
    ]


def test_a_rule_without_an_end_is_bounded(tmp_path, store):
    """It is followed for five years."""
    endless = ICS.replace("COUNT=4", "INTERVAL=1")
    import_news(write(tmp_path, endless, "week.ics"), store, NOW)
    last = max(event.ts for event in store.versions())

    assert from_utc(last, "UTC").year == 2031


@pytest.mark.parametrize(
    ("text", "name"), [(OURS, "a.csv"), (FOREX_FACTORY, "b.csv"), (json.dumps(JSON), "c.json"), (ICS, "d.ics")]
)
def test_importing_twice_changes_nothing(tmp_path, store, text, name):
    """The second time there is nothing new and no new file."""
    path = write(tmp_path, text, name)
    first = import_news(path, store, NOW, stated=Stated("UTC"))
    second = import_news(path, store, NOW + DAY, stated=Stated("UTC"))

    assert not first.nothing_new
    assert second.nothing_new
    assert len(store.deliveries()) == 1


def test_what_moved_is_a_new_version(tmp_path, store):
    """Before the second import the old time is seen, from then on the new one; the first file is as it was."""
    import_news(write(tmp_path, OURS), store, NOW)
    before = store.deliveries()[0].read_bytes()
    done = import_news(write(tmp_path, OURS.replace("13T13:30Z", "13T15:00Z")), store, NOW + HOUR)

    assert (done.new, done.changed) == (0, 1)
    assert calendar(store, NOW)[0].startswith("01-13 13:30")
    assert calendar(store, NOW + HOUR)[0].startswith("01-13 15:00")
    assert store.deliveries()[0].read_bytes() == before


def test_what_was_cancelled_is_gone_from_then_on(tmp_path, store):
    """A row with an id cancels a release whatever its time and name, ours too."""
    head = "time,currency,name,impact,id,cancelled\n"
    row = "2026-01-13T13:30Z,USD,CPI,high,cpi-2025-12,{}\n"
    import_news(write(tmp_path, head + row.format("")), store, NOW)
    import_news(write(tmp_path, head + row.format("yes")), store, NOW + HOUR)

    assert len(calendar(store, NOW)) == 1
    assert calendar(store, NOW + HOUR) == []


def test_a_file_may_say_since_when(tmp_path, store):
    """Versions of one release with their own moments, in any order of rows; again it changes nothing."""
    text = """time,currency,name,impact,id,known_at
2025-10-24T12:30Z,USD,CPI,high,cpi-2025-09,2025-10-10T15:00Z
2025-10-15T12:30Z,USD,CPI,high,cpi-2025-09,2025-01-01T00:00Z
"""
    import_news(write(tmp_path, text), store, NOW)
    again = import_news(write(tmp_path, text), store, NOW + DAY)

    assert calendar(store, to_utc(datetime.fromisoformat("2025-10-01T00:00"), "UTC")) == [
        "10-15 12:30 USD high release CPI"
    ]
    assert calendar(store) == ["10-24 12:30 USD high release CPI"]
    assert again.nothing_new


def test_the_past_is_not_known_unless_somebody_says_so(tmp_path, store):
    """Releases that are over are counted as unseen; `known_ahead` says by how long they were known."""
    old = OURS.replace("2026-", "2025-")
    done = import_news(write(tmp_path, old), NewsStore(tmp_path / "other"), NOW)
    ahead = import_news(write(tmp_path, old), store, NOW, known_ahead=7)

    assert (done.unseen, ahead.unseen) == (3, 0)
    assert {event.ts - event.known_at for event in store.versions()} == {7 * DAY}


def test_a_correction_of_the_past_is_not_known_before_what_it_corrects(tmp_path, store):
    """With `known_ahead` a past release that is corrected takes the place of the wrong one from its beginning."""
    old = OURS.replace("2026-", "2025-")
    import_news(write(tmp_path, old), store, NOW, known_ahead=7)
    import_news(write(tmp_path, old.replace("13T13:30Z", "13T12:30Z")), store, NOW + DAY, known_ahead=7)
    day_before = to_utc(datetime.fromisoformat("2025-01-12T00:00"), "UTC")

    assert calendar(store, day_before)[0] == "01-13 12:30 USD high release CPI m/m"


def test_two_of_one_name_on_one_day_are_two(tmp_path, store):
    """The second speech of the day has an id of its own."""
    text = "time,currency,name,impact\n2026-01-13T10:00Z,EUR,Lagarde,high\n2026-01-13T15:00Z,EUR,Lagarde,high\n"
    import_news(write(tmp_path, text), store, NOW)

    assert [event.id for event in store.versions()] == ["eur-lagarde-2026-01-13", "eur-lagarde-2026-01-13-2"]


HEAD = "time,currency,name,impact\n"
GOOD = "2026-01-13T13:30Z,USD,CPI,high\n"
MISTAKES = [
    ("", "a.csv", "is empty"),
    (HEAD, "a.csv", "has no releases"),
    (HEAD + GOOD + "2026-01-14 13:30,USD,PPI,high\n", "a.csv", "row 3: 2026-01-14 13:30 does not say whose time"),
    (HEAD + "2026-02-30T13:30Z,USD,PPI,high\n", "a.csv", "row 2: '2026-02-30T13:30Z' is not a date"),
    (HEAD + "2026-01-13T25:30Z,USD,PPI,high\n", "a.csv", "row 2: '2026-01-13T25:30Z' is not a date"),
    (HEAD + "2026-01-13 All Day,USD,PPI,high\n", "a.csv", "row 2: '2026-01-13 All Day' has no time of day"),
    (HEAD + "13/01/2026 13:30Z,USD,PPI,high\n", "a.csv", "row 2: '13/01/2026 13:30Z' is not a date"),
    (HEAD + "1026-01-13T13:30Z,USD,PPI,high\n", "a.csv", "row 2: The year 1026 cannot be right"),
    (HEAD + "2026-01-13T13:30Z,USD,PPI,hihg\n", "a.csv", "row 2: There is no impact named 'hihg'. Did you mean 'high'"),
    (HEAD + "2026-01-13T13:30Z,USD,PPI,\n", "a.csv", "row 2: 'PPI' has no impact"),
    (HEAD + "2026-01-13T13:30Z,,PPI,high\n", "a.csv", "row 2: 'PPI' has no currency"),
    (HEAD + "2026-01-13T13:30Z,United States,PPI,high\n", "a.csv", "row 2: The currency 'UNITED STATES'"),
    (HEAD + "2026-01-13T13:30Z,USD,,high\n", "a.csv", "row 2: A release has no name"),
    (HEAD + "2026-01-13T13:30Z,USD,PPI\n", "a.csv", "row 2: 3 cells under 4 columns"),
    (HEAD + '2026-01-13T13:30Z,USD,"PPI,high\n', "a.csv", "is not a table"),
    ("time,currency,name,impact,knwon_at\n", "a.csv", "no column 'knwon_at'. Did you mean 'known_at'"),
    ("time,time,currency,name,impact\n", "a.csv", "two columns say the time"),
    ("currency,name,impact\n", "a.csv", "has no column of times"),
    ("time,name,impact\n", "a.csv", "has no column currency"),
    (HEAD[:-1] + ",cancelled\n2026-01-13T13:30Z,USD,PPI,high,perhaps\n", "a.csv", "'perhaps' does not say"),
    ("[{]", "a.json", "is not JSON"),
    ('{"events": 3}', "a.json", "is no list of events"),
    ('[{"title": "x", "date": "2026-01-13T13:30Z", "impact": "high"}]', "a.json", "event 1 has no column currency"),
    ("nonsense", "a.ics", "is not an iCalendar file"),
    (ICS.replace(":20260120T150000Z", ";VALUE=DATE:20260120"), "a.ics", "(Speech) is a whole day, 2026-01-20"),
    (ICS.replace("DTSTART:20260120T150000Z", "DTSTART:20260120T150000"), "a.ics", "does not say whose time"),
    (ICS.replace("FREQ=WEEKLY;COUNT=4", "FREQ=SECONDLY"), "a.ics", "(Jobless claims) repeats more than 5000 times"),
    (ICS.replace("CATEGORIES:USD,High", "CATEGORIES:High"), "a.ics", "event 1 (CPI m/m): 'CPI m/m' has no currency"),
    (OURS, "a.xlsx", "is no calendar file"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "said"), MISTAKES, ids=[row[2][:50] for row in MISTAKES])
def test_a_mistake_is_said_with_its_place_and_nothing_is_stored(tmp_path, store, text, name, said):
    """One sentence names the row; the good rows before it are not stored either."""
    with pytest.raises(TradewindError) as error:
        import_news(write(tmp_path, text, name), store, NOW)

    assert said in str(error.value)
    assert name in str(error.value)
    assert not store.root.exists()


def test_a_missing_file_is_said(tmp_path, store):
    with pytest.raises(TradewindError, match="cannot be read: No such file"):
        import_news(tmp_path / "absent.csv", store, NOW)


def test_a_broken_delivery_is_named(tmp_path, store):
    """A file of the store that somebody damaged is named; nothing else is guessed."""
    import_news(write(tmp_path, OURS), store, NOW)
    store.deliveries()[0].write_text("{", encoding="utf-8")

    with pytest.raises(TradewindError, match=r"000001\.json cannot be read"):
        store.versions()


WRITER = """
import sys
from tradewind.adapters.news import NewsStore
from tradewind.markets.news import Event
store, tag = NewsStore(sys.argv[1]), sys.argv[2]
for number in range(int(sys.argv[3])):
    store.append([Event(f"{tag}-{number}-{n}", "x", "USD", "high", n, 0, tag) for n in range(200)], {})
    print(number, flush=True)
"""


def writer(store, tag, count):
    """Return a process that appends deliveries of 200 versions."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(store.root), tag, str(count)], stdout=subprocess.PIPE, text=True
    )


def test_two_writers_never_take_the_same_number(store):
    """Every delivery of both is there, whole."""
    processes = [writer(store, tag, 25) for tag in "ab"]
    codes = [process.wait(60) for process in processes]
    for process in processes:
        process.stdout.close()

    assert codes == [0, 0]
    assert len(store.deliveries()) == 50
    assert len(store.versions()) == 50 * 200


def test_a_writer_that_is_killed_leaves_whole_deliveries(store):
    """What was said to be stored is there; what was being written is there whole or not at all."""
    with writer(store, "a", 10_000) as process:
        for _ in range(5):
            said = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
    held = store.versions()

    assert len(held) % 200 == 0
    assert len(held) >= (said + 1) * 200
    store.append(held[:1], {"after": time.time()})
    assert len(store.versions()) == len(held) + 1


def test_a_full_disk_is_said_and_leaves_nothing(store, monkeypatch):
    """An error of the system is a sentence, and no half of a file is left."""

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TradewindError, match="No space left on device"):
        store.append([], {})
    assert list(store.root.iterdir()) == []
