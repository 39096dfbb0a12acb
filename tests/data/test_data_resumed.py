"""Imports that end in the middle: run again, they give what an undisturbed import gives, and read no file twice."""

import itertools
import zipfile
from decimal import Decimal

import pytest
from data_cases import bars

from tradewind.adapters import catalogue, delivery
from tradewind.adapters.parquet import History
from tradewind.data import importers
from tradewind.data.importers import Wishes, import_files
from tradewind.data.importers.parsed import Stated

PLAIN = Wishes(Stated())


def histdata(month, minutes=3):
    return "".join(f"2024{month:02}0{day} 1200{minute:02};1;2;1;2;0\n" for day in (2, 3) for minute in range(minutes))


def separate_files(folder):
    """A zip of two months, one of the months before it, and ready-made Parquet."""
    with zipfile.ZipFile(folder / "HISTDATA_COM_ASCII_EURUSD_M12024.zip", "w") as archive:
        for month in (3, 4):
            archive.writestr(f"DAT_ASCII_EURUSD_M1_2024{month:02}.csv", histdata(month))
    (folder / "DAT_ASCII_EURUSD_M1_202401.csv").write_text(histdata(1) + histdata(2))
    bars("2025-01-01T00:00", 5).write_parquet(folder / "XAUUSD_M1_test_bid.parquet")
    return PLAIN


def files_of_two_sides(folder):
    """Two tables that hold both sides of every bar."""
    names = [f"{side}_{price}" for side in ("bid", "ask") for price in ("open", "high", "low", "close")]
    columns = "".join(f"{name} = {number}\n" for number, name in enumerate(names, 2))
    mapping = folder.parent / "mapping.toml"
    mapping.write_text(f'symbol = "EURUSD"\nclock = "UTC"\n[columns]\ntime = 1\n{columns}')
    for month in (1, 2):
        rows = "".join(f"2024-0{month}-02T10:0{minute}:00,1,2,1,2,1,2,1,2\n" for minute in range(3))
        (folder / f"{month}.csv").write_text(f"t,a,b,c,d,e,f,g,h\n{rows}")
    return Wishes(Stated(mapping=mapping))


class PowerCutError(Exception):
    """What no code of ours expects."""


STEPS = [
    (delivery.Delivery, "__enter__"),
    (delivery.Delivery, "add"),
    (delivery.Stage, "add"),
    (delivery.Stage, "finish"),
    (delivery.Stage, "commit"),
    (delivery.Delivery, "commit"),
    (catalogue, "replace_file"),
]


def ending_after(monkeypatch, allowed):
    """Every step of a delivery counts, before it and after it; the one after the last allowed ends the import."""
    left = iter(range(allowed))

    def counted(real):
        def call(*arguments, **named):
            if next(left, None) is None:
                raise PowerCutError
            answer = real(*arguments, **named)
            if next(left, None) is None:
                raise PowerCutError
            return answer

        return call

    for place, name in STEPS:
        monkeypatch.setattr(place, name, counted(getattr(place, name)))
    return left


def state(root):
    history = History(root)
    return [
        (info.series, history.digest(info.series), sorted(one["file"] for one in info.sources))
        for info in history.series()
    ]


@pytest.mark.parametrize("prepare", [separate_files, files_of_two_sides])
def test_an_import_that_ended_anywhere_is_completed_by_the_next_one(tmp_path, monkeypatch, prepare):
    folder = tmp_path / "in"
    folder.mkdir()
    wishes = prepare(folder)
    import_files([folder], History(tmp_path / "undisturbed"), wishes)
    wanted = state(tmp_path / "undisturbed")
    ends = 0
    for allowed in itertools.count():
        root = tmp_path / str(allowed)
        with monkeypatch.context() as patched:
            left = ending_after(patched, allowed)
            try:
                import_files([folder], History(root), wishes)
            except PowerCutError:
                ends += 1
            if next(left, None) is not None:
                break
        import_files([folder], History(root), wishes)
        assert state(root) == wanted, f"after {allowed} steps"

    assert ends > 30, "the steps are not counted any more"


def reads(monkeypatch):
    """Return the list to which the name of every file that is read is added."""
    read = []
    real = importers.recognised
    monkeypatch.setattr(importers, "recognised", lambda path, stated: read.append(path.name) or real(path, stated))
    return read


def test_a_file_that_is_known_is_not_read_again(tmp_path, monkeypatch):
    folder = tmp_path / "in"
    folder.mkdir()
    separate_files(folder)
    history = History(tmp_path / "history")
    read = reads(monkeypatch)
    first = import_files([folder], history)
    names = [path.name for path in sorted(folder.iterdir())]
    assert read == names
    assert [one.new for one in first] == [12, 6, 6, 5]
    read.clear()

    second = import_files([folder], history)
    assert read == []
    assert [(one.new, one.rows) for one in second] == [(0, 12), (0, 6), (0, 6), (0, 5)]
    import_files([folder], history, Wishes(again=True))
    assert read == names


def test_a_file_stated_to_be_something_else_is_read_again(tmp_path, monkeypatch):
    (tmp_path / "DAT_ASCII_EURUSD_M1_202401.csv").write_text(histdata(1))
    history = History(tmp_path / "history")
    read = reads(monkeypatch)
    for stated in (
        Stated(),
        Stated(symbol="EURUSD", feed="histdata", side="BID", clock="eet-7"),
        Stated(clock="utc-5"),
        Stated(feed="other"),
        Stated(stamp="close"),
        Stated(scale=Decimal(100)),
    ):
        import_files([tmp_path / "DAT_ASCII_EURUSD_M1_202401.csv"], history, Wishes(stated))

    assert len(read) == 5, "only the second says what was found before"


def test_a_zip_of_which_one_member_is_stored_is_read_again(tmp_path, monkeypatch):
    folder = tmp_path / "in"
    folder.mkdir()
    separate_files(folder)
    archive = next(folder.glob("*.zip"))
    real, calls = importers.store, []

    def once(*arguments, **named):
        calls.append(arguments)
        if len(calls) == 2:
            raise PowerCutError
        return real(*arguments, **named)

    history = History(tmp_path / "history")
    with monkeypatch.context() as patched:
        patched.setattr(importers, "store", once)
        with pytest.raises(PowerCutError):
            import_files([archive], history)
    summaries = import_files([archive], history)

    assert [(one.member[-6:], one.rows, one.new) for one in summaries] == [("03.csv", 6, 0), ("04.csv", 6, 6)]
