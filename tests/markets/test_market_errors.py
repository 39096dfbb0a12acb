"""Errors are one sentence with advice."""

import pytest

from tradewind.errors import BadData, BadSettings, TradewindError, UnknownName, nearest


def test_an_error_is_one_line_with_its_hint():
    """Line breaks in the parts never reach the terminal."""
    error = TradewindError("The file\n  is empty.", hint="Import it\nagain.")

    assert str(error) == "The file is empty. Import it again."
    assert (error.message, error.hint) == ("The file is empty.", "Import it again.")


def test_an_error_may_have_no_hint():
    """Nothing is appended where there is nothing to advise."""
    assert str(TradewindError("Nothing to do.")) == "Nothing to do."


@pytest.mark.parametrize("kind", [BadData, BadSettings])
def test_every_error_is_caught_as_one(kind):
    """The command line catches one class."""
    assert issubclass(kind, TradewindError)


def test_the_nearest_name_is_suggested():
    """A slip of the finger, in any case of letters, finds the name that was meant."""
    assert nearest("xauusd", ["XAUUSD", "US30"]) == " Did you mean 'XAUUSD'?"
    assert nearest("US3O", ["XAUUSD", "US30"]) == " Did you mean 'US30'?"
    assert nearest("bitcoin", ["XAUUSD", "US30"]) == ""


def test_an_unknown_name_lists_the_valid_ones_where_none_is_near():
    """Whoever guessed wildly sees what there is."""
    assert str(UnknownName("clock", "sundial", ["UTC", "EET"])) == (
        "There is no clock named 'sundial'. Valid names: EET, UTC."
    )
