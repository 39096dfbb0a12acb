"""What processes write down: fields, masks, bounds, and that nothing waits for it."""

import ast
import contextlib
import itertools
import json
import logging
import os
import threading
from pathlib import Path

import pytest

from tradewind.errors import TradewindError
from tradewind.logs.flood import Flood
from tradewind.logs.log import QUIET, Log, as_line, lines_of, masks_of, moment, open_log
from tradewind.logs.masking import Masks
from tradewind.logs.sink import Cap, Sink
from tradewind.logs.vocabulary import EVENTS, PLACES
from tradewind.settings import BrokerAccount, Logs, Ports, Settings

SOURCE = Path(__file__).resolve().parents[2] / "src" / "tradewind"
CANARY = "kanarienvogel-7gZq2"


def kept(settings: Settings, name: str) -> list[dict]:
    return [json.loads(line) for line in (settings.data / "logs" / f"{name}.log").read_text().splitlines()]


def test_a_line_is_one_object_with_its_fields_in_order(tmp_path: Path):
    settings = Settings(data=tmp_path)
    with open_log(settings, "trader", lambda _text: None, account="paper", mode="paper") as log:
        log.note("fill", instrument="XAUUSD", lots=0.5, price=2650.25, side="buy", exec_id="7", strategy=None)
    began, fill, ended = kept(settings, "trader-paper")

    assert [one["event"] for one in (began, fill, ended)] == ["process_started", "fill", "process_stopped"]
    assert list(fill) == sorted(fill, key=PLACES.__getitem__)
    assert fill.items() >= {"account_alias": "paper", "mode": "paper", "lots": 0.5, "level": "info"}.items()
    assert "strategy" not in fill
    assert ended["reason_code"] == "done"


def test_moments_are_told_to_the_nanosecond_in_utc():
    assert moment(1_767_225_599_123_456_789) == "2025-12-31T23:59:59.123456789Z"


@pytest.mark.parametrize("fields", [{"event": "fil"}, {"event": "fill", "prise": 1}])
def test_words_that_are_not_in_the_vocabulary_are_refused_with_the_nearest(fields: dict):
    with pytest.raises(TradewindError, match=r"fill|price"):
        as_line("info", fields, 0)


def test_every_event_and_field_in_the_source_is_in_the_vocabulary():
    asked = 0
    for path in SOURCE.rglob("*.py"):
        for call in (one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.Call)):
            if not (isinstance(call.func, ast.Attribute) and call.func.attr in ("note", "bound")):
                continue
            if ast.unparse(call.func.value).split(".")[-1] not in ("log", "kept"):
                continue
            asked += 1
            named = {word.arg for word in call.keywords if word.arg} - {"level"}
            events = {one.value for one in call.args[:1] if isinstance(one, ast.Constant)}

            assert named <= set(PLACES), f"{path}:{call.lineno}"
            assert events <= set(EVENTS), f"{path}:{call.lineno}"
    assert asked > 8


SHOWN = (
    f"token={CANARY}",
    f"Authorization: Bearer {CANARY}",
    f"postgresql://trader:{CANARY}@127.0.0.1:5432/tradewind",
    f"the broker said: no such key {CANARY}!",
    f'{{"password": "{CANARY}"}}',
)


def broken(text: str) -> None:
    raise TradewindError(text)


@pytest.mark.parametrize("text", SHOWN)
@pytest.mark.parametrize("way", ["said", "note", "library", "error"])
def test_a_secret_is_never_read_in_a_line(tmp_path: Path, text: str, way: str):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "postgresql-trader").write_text(f"{CANARY}\n")
    settings = Settings(data=tmp_path, ports=Ports(secrets=tmp_path / "secrets"))
    with contextlib.suppress(TradewindError), open_log(settings, "feed", lambda _text: None) as log:
        ways = {
            "said": lambda: log.said(text),
            "note": lambda: log.note("order_refused", text, "warning", venue_order_id=text),
            "library": lambda: logging.getLogger("somebody.else").warning("It failed: %s", text),
            "error": lambda: broken(text),
        }
        ways[way]()
    written = (tmp_path / "logs" / "feed.log").read_text()

    assert CANARY not in written
    assert "…" in json.loads(written.splitlines()[1])["text"]


def test_a_broker_token_and_addresses_of_people_are_masked_too(tmp_path: Path):
    (tmp_path / "token").write_text("oanda-token-of-practice\n")
    (tmp_path / "people").write_text(f"tgram://123456:{CANARY}/99\n")
    settings = Settings(data=tmp_path, broker=BrokerAccount(token_file=tmp_path / "token"), notify=tmp_path / "people")
    masks = masks_of(settings)

    assert masks("oanda-token-of-practice") == "…"
    assert CANARY not in masks(f"tgram://123456:{CANARY}/99 answered 404")


@pytest.mark.parametrize("text", ["Enter long XAUUSD at 2650.25.", "no token file is named", "secret of success"])
def test_plain_sentences_stay_as_they_are(text: str):
    assert Masks(["a-long-secret-value"])(text) == text


def test_the_files_of_a_log_never_outgrow_their_cap(tmp_path: Path):
    sink = Sink(tmp_path / "a.log", Cap(bytes=10_000, pieces=3))
    for number in range(5_000):
        while not sink.put(f"line {number:05d} " + "x" * 80):
            pass
    sink.close()
    files = sorted(tmp_path.iterdir())

    assert [path.name for path in files] == ["a.log", "a.log.1", "a.log.2"]
    assert all(path.stat().st_size <= 100_000 for path in files)
    assert "line 04999" in (tmp_path / "a.log").read_text()
    assert all(path.stat().st_mode & 0o077 == 0 for path in files)


def test_a_full_queue_lets_lines_go_and_counts_them(tmp_path: Path):
    sink = Sink(tmp_path / "a.log", room=10)
    sink._write = lambda: None  # a disk that takes its time
    taken = [sink.put(str(number)) for number in range(15)]

    assert taken == [True] * 10 + [False] * 5
    assert sink.lost == 5


def test_a_disk_without_room_costs_lines_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings = Settings(data=tmp_path)
    with open_log(settings, "feed", lambda _text: None) as log:
        assert log.sink is not None
        full = threading.Event()

        def write(_handle: int, _text: bytes) -> int:
            full.set()
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "write", write)
        log.said("This finds no room.")
        assert full.wait(5)
        monkeypatch.undo()
    last = kept(settings, "feed")[-1]

    assert last["event"] == "lines_lost"
    assert last["count"] >= 1


def test_a_folder_that_cannot_be_written_costs_the_log_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "logs").write_text("a file where the folder should be")
    heard: list[str] = []
    with open_log(Settings(data=tmp_path), "feed", heard.append) as log:
        log.said("Trading.")

    assert heard == ["Trading."]
    assert "no log is kept" in capsys.readouterr().err


def test_a_flood_of_one_event_is_summed_and_others_pass():
    clock, lines = itertools.count(), []
    flood = Flood(now=lambda: 0.0, at_once=100, a_second=10.0)
    log = Log(lines_of(lines.append, Masks(), "info"), None, Masks(), flood)
    for _ in range(1_000):
        log.note("order_refused", "again")
    log.note("fill", instrument="US30")
    flood.now = lambda: 1.0 + next(clock)
    log.note("order_refused", "once more")
    told = [json.loads(line) for line in lines]

    assert [one["event"] for one in told].count("order_refused") == 101
    assert told[100]["event"] == "fill"
    assert (told[101]["event"], told[101]["reason_code"], told[101]["count"]) == ("lines_summed", "order_refused", 900)


def test_what_is_below_the_level_is_not_written(tmp_path: Path):
    settings = Settings(data=tmp_path, logs=Logs(level="warning"))
    with open_log(settings, "feed", lambda _text: None) as log:
        log.note("fill")
        log.note("alert", "The stream is silent.", "warning")

    assert [one["event"] for one in kept(settings, "feed")] == ["alert"]


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (TradewindError("The broker refused."), "failed"),
        (ValueError("odd"), "failed"),
        (KeyboardInterrupt(), "told to"),
    ],
)
def test_how_a_process_ended_is_its_last_line(tmp_path: Path, raised: BaseException, code: str):
    settings = Settings(data=tmp_path)
    with pytest.raises(type(raised)), open_log(settings, "feed", lambda _text: None):
        raise raised
    lines = kept(settings, "feed")

    assert lines[-1]["reason_code"] == code
    if isinstance(raised, Exception):
        assert lines[-2]["error_type"] == type(raised).__name__


def test_a_line_that_cannot_be_made_stops_nobody():
    lines: list[str] = []
    log = Log(lines_of(lines.append, Masks(), "info"), None, Masks(), Flood())
    log.note("no such event")
    log.note("fill", colour="red")
    log.note("fill", price=object())
    QUIET.said("nothing")

    assert len(lines) == 1


def test_two_logs_of_one_process_both_hear_libraries_and_only_while_open(tmp_path: Path):
    settings = Settings(data=tmp_path)
    with open_log(settings, "feed", lambda _text: None):
        logging.getLogger("x").warning("within")
    logging.getLogger("x").warning("after")

    assert [one.get("text") for one in kept(settings, "feed")][1:-1] == ["x: within"]
