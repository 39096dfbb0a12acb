"""What vendors call our instruments, and how Dukascopy scales their prices.

Sources: Dukascopy's instrument list as the dukascopy-node project keeps it (its `decimalFactor` is the same in the
lists of 2025 and of July 2026); OANDA's v20 instrument list of a real account. Only instruments that a session
trader meets are listed; a wrong factor would make every price wrong, so an unknown one is refused, not guessed.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from tradewind.errors import UnknownName


class Dukascopy(NamedTuple):
    """An instrument of Dukascopy: our symbol, the vendor's code, and by what the integers of its files are divided."""

    symbol: str
    code: str
    factor: int


_FIVE_DIGITS = (
    "EUR-USD GBP-USD AUD-USD NZD-USD USD-CAD USD-CHF EUR-GBP EUR-CHF EUR-AUD EUR-CAD EUR-NZD GBP-AUD GBP-CAD "
    "GBP-CHF GBP-NZD AUD-CAD AUD-CHF AUD-NZD CAD-CHF NZD-CAD NZD-CHF USD-CNH USD-SGD USD-MXN USD-ZAR USD-TRY "
    "USD-SEK USD-NOK USD-DKK USD-PLN"
)
_THREE_DIGITS = "USD-JPY EUR-JPY GBP-JPY AUD-JPY NZD-JPY CAD-JPY CHF-JPY XAU-USD XAG-USD"
_RENAMED = (
    ("US30", "USA30.IDX-USD", 1000),
    ("NAS100", "USATECH.IDX-USD", 1000),
    ("SPX500", "USA500.IDX-USD", 1000),
    ("US2000", "USSC2000.IDX-USD", 1000),
    ("GER40", "DEU.IDX-EUR", 1000),
    ("UK100", "GBR.IDX-GBP", 1000),
    ("FRA40", "FRA.IDX-EUR", 1000),
    ("EU50", "EUS.IDX-EUR", 1000),
    ("ESP35", "ESP.IDX-EUR", 1000),
    ("ITA40", "ITA.IDX-EUR", 1000),
    ("NED25", "NLD.IDX-EUR", 1000),
    ("SWI20", "CHE.IDX-CHF", 1000),
    ("JPN225", "JPN.IDX-JPY", 1000),
    ("AUS200", "AUS.IDX-AUD", 1000),
    ("HK50", "HKG.IDX-HKD", 1000),
    ("USDX", "DOLLAR.IDX-USD", 1000),
    ("USOIL", "LIGHT.CMD-USD", 1000),
    ("UKOIL", "BRENT.CMD-USD", 1000),
    ("NATGAS", "GAS.CMD-USD", 10_000),
    ("COPPER", "COPPER.CMD-USD", 10_000),
    ("XPTUSD", "XPT.CMD-USD", 1000),
    ("XPDUSD", "XPD.CMD-USD", 1000),
    ("BTCUSD", "BTC-USD", 10),
    ("ETHUSD", "ETH-USD", 10),
)

DUKASCOPY = {
    one.symbol: one
    for one in (
        *(Dukascopy(code.replace("-", ""), code, 100_000) for code in _FIVE_DIGITS.split()),
        *(Dukascopy(code.replace("-", ""), code, 1000) for code in _THREE_DIGITS.split()),
        *(Dukascopy(*row) for row in _RENAMED),
    )
}

_OANDA_PAIRS = (
    "AUD_CAD AUD_CHF AUD_JPY AUD_NZD AUD_USD CAD_CHF CAD_JPY CHF_JPY EUR_AUD EUR_CAD EUR_CHF EUR_GBP EUR_JPY EUR_NZD "
    "EUR_NOK EUR_PLN EUR_SEK EUR_TRY EUR_USD GBP_AUD GBP_CAD GBP_CHF GBP_JPY GBP_NZD GBP_USD NZD_CAD NZD_CHF NZD_JPY "
    "NZD_USD USD_CAD USD_CHF USD_CNH USD_DKK USD_HKD USD_HUF USD_JPY USD_MXN USD_NOK USD_PLN USD_SEK USD_SGD USD_TRY "
    "USD_ZAR XAG_USD XAU_USD XAU_EUR XAU_GBP XAU_XAG XPD_USD XPT_USD"
)
OANDA = {pair.replace("_", ""): pair for pair in _OANDA_PAIRS.split()} | {
    "US30": "US30_USD",
    "NAS100": "NAS100_USD",
    "SPX500": "SPX500_USD",
    "US2000": "US2000_USD",
    "GER40": "DE30_EUR",
    "UK100": "UK100_GBP",
    "FRA40": "FR40_EUR",
    "EU50": "EU50_EUR",
    "NED25": "NL25_EUR",
    "JPN225": "JP225_USD",
    "AUS200": "AU200_AUD",
    "HK50": "HK33_HKD",
    "USOIL": "WTICO_USD",
    "UKOIL": "BCO_USD",
    "NATGAS": "NATGAS_USD",
    "COPPER": "XCU_USD",
}


def plain(name: str) -> str:
    """Return a name as capital letters and digits only: `USA30.IDX/USD` is USA30IDXUSD."""
    return re.sub(r"[^A-Z0-9]", "", name.upper())


_BY_DUKASCOPY = {plain(one.code): one for one in DUKASCOPY.values()} | {plain(key): DUKASCOPY[key] for key in DUKASCOPY}
_BY_OANDA = {plain(name): symbol for symbol, name in OANDA.items()}


def of_dukascopy(name: str) -> Dukascopy | None:
    """Return the instrument that Dukascopy (or we) call so, however it is spelled, or None."""
    return _BY_DUKASCOPY.get(plain(name))


def of_oanda(name: str) -> str:
    """Return our symbol of an OANDA instrument: DE30_EUR is GER40; of an unlisted one its letters and digits."""
    return _BY_OANDA.get(plain(name), plain(name))


def listed(symbol: str, vendor: str, symbols: Iterable[str]) -> str:
    """Return the symbol as we spell it, or refuse it with the nearest that the vendor has."""
    spelled = {plain(one): one for one in symbols}
    if plain(symbol) not in spelled:
        raise UnknownName(f"instrument of {vendor}", symbol, spelled.values())
    return spelled[plain(symbol)]
