"""Sessions of the present trading date as strategies ask for them, and by when everything must be flat.

A session row that belongs to another date (the market was closed today, or that session does not exist today)
counts as no session: its ends are NEVER. Source: domain 1.2, 1.5 and 2.2.
"""

from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import MARKET, NEVER

# Places of the sessions in the state: markets.sessions.SESSION_IDS.
TOKYO = 1
LONDON = 2
NY_CASH = 4
ASIA_BLOCK = 5
LONDON_BLOCK = 6
NY_AM = 7
XETRA = 15

FULL = 3
"""The day type of an ordinary day: markets.hours."""

MINUTE = 60_000_000_000
HOUR = 60 * MINUTE

# The anchors of a trading day.
NO_ANCHOR = 0
ANCHOR_NEW_YORK = 1
ANCHOR_LONDON = 2
ANCHOR_XETRA = 3


@compiled
def session_today(state, instrument, session):
    """Return (opens, closes) of a session of this trading date, (NEVER, NEVER) where there is none."""
    window = state.instruments[instrument].sessions[session]
    if window.closes > window.opens and state.day_opens <= window.opens < state.day_closes:
        return window.opens, window.closes
    return NEVER, NEVER


@compiled
def begins_with_cash(state, instrument):
    """Return whether New York begins for the instrument with the cash open, as it does for indices.

    The two sessions come and go together for an index, so on a day without them their old rows still agree.
    """
    sessions = state.instruments[instrument].sessions
    return sessions[NY_CASH].opens == sessions[NY_AM].opens


@compiled
def flat_time(state, instrument):
    """Return when every position must be gone: 16:55 New York, 15 minutes before an early close.

    A market that always closes before New York rolls (GER40 in the evening) is left five minutes before.
    """
    row = state.instruments[instrument]
    closes = state.day_closes
    if row.sessions[MARKET].closes > row.sessions[MARKET].opens >= state.day_opens:
        closes = min(closes, row.sessions[MARKET].closes)
    return closes - (5 if row.day_type == FULL or closes == state.day_closes else 15) * MINUTE
