"""Runs in Python: what the command line prints, as polars and pandas frames, for notebooks and scripts.

    from tradewind.notebook import backtest, run, runs

    runs()                                   what was saved, newest first
    mine = backtest("opening_range", on="US30", start="2025-12-03", params={"window": 30})
    mine = run("latest")                     or an id, or the beginning of one
    mine.trades, mine.equity, mine.gates     polars frames; mine.pandas("trades") for pandas
    mine.measures()                          every statistic, a dict
    mine.breakdown("hour")                   results by hour, each with n and its standard error
    mine.simulate(seed=1)                    resampled days, missed trades, dearer trades
    mine.why("2026-01-15T14:35")             why there was no trade
    dates, returns = together([mine, other]) daily returns side by side, for the statistics of overfitting

It is the same request, the same run and the same store as those of `tradewind backtest`. Where things lie is said as
there: `settings` names a file (./tradewind.toml by default), `data` a folder in place of the one it names.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind import modes, requests
from tradewind import runs as finished
from tradewind.errors import BadData, TradewindError, UnknownName
from tradewind.research.counting import honesty_beside
from tradewind.results import breakdowns, excursions, measures, montecarlo
from tradewind.results.why import Answer, why
from tradewind.settings import Settings, load_settings

if TYPE_CHECKING:
    import polars as pl

TABLES = ("trades", "orders", "fills", "refusals", "gates", "equity", "risk", "lines")
WARM_UP_NS = 45 * 86_400 * 10**9
"""So much more of prices is read before a run, for averages over 20 trading dates."""


def runs(*, data: str | Path | None = None, settings: str | Path | None = None) -> "pl.DataFrame":
    """Return the saved runs, newest first: one row a run with what was run and the first figures of it."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    documents = modes.open_runs(_settings(data, settings)).list()
    rows = [
        {
            "id": one["id"],
            "strategies": ", ".join(one["strategies"]),
            "instruments": ", ".join(one["instruments"]),
            "from": one["from"],
            "to": one["to"],
            "synthetic": one["synthetic"],
            **{name: one["summary"]["total"][name] for name in ("trades", "net", "expectancy_r", "expectancy_error_r")},
            **{name: one["summary"]["account"][name] for name in ("return_share", "max_drawdown", "sharpe_year")},
        }
        for one in documents
    ]
    floats = ("net", "expectancy_r", "expectancy_error_r", "return_share", "max_drawdown", "sharpe_year")
    texts = dict.fromkeys(("id", "strategies", "instruments", "from", "to"), pl.String)
    schema = {**texts, "synthetic": pl.Boolean, "trades": pl.Int64, **dict.fromkeys(floats, pl.Float64)}
    return pl.DataFrame(rows, schema=schema)


def run(which: str = "latest", *, data: str | Path | None = None, settings: str | Path | None = None) -> "Run":
    """Return a saved run by its id, the beginning of one, or "latest"."""
    chosen = _settings(data, settings)
    store = modes.open_runs(chosen)
    found = store.find(which)
    return Run(store.get(found), _Stored(store, found), chosen)


def backtest(
    strategies: str | Path | Sequence[str | Path],
    on: str | Sequence[str],
    start: str | None = None,
    end: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    feed: str | None = None,
    bar: str = "M5",
    plain: bool = False,
    save: bool = True,
    data: str | Path | None = None,
    settings: str | Path | None = None,
    **given: Any,
) -> "Run":
    """Return the run of a backtest, saved unless `save` is False; the ledger of trials counts it either way.

    Strategies are files or names of shipped ones, `start` and `end` days (New York) or moments (UTC), `params` what
    `--set` would say: {"window": 30}, or {"opening_range.window": 30} for one of several. `given` are the other
    options of the command line: profile, balance, currency, risk, fraction, lots, mode, cost_scale, rate.
    """
    known = ("profile", "balance", "currency", "risk", "fraction", "lots", "mode", "cost_scale", "rate")
    for name in given:
        if name not in known:
            raise UnknownName("option of a backtest", name, known)
    names = [strategies] if isinstance(strategies, str | Path) else strategies
    request = requests.backtest_request(
        [str(name) for name in names],
        [on] if isinstance(on, str) else on,
        (start, end),
        [f"{name}={value}" for name, value in (params or {}).items()],
        given=given,
        settings=_settings(data, settings),
        feed=feed,
        bar=bar,
        plain=plain,
    )
    history = modes.open_history(request.settings)
    plan = modes.backtest(request, history)
    document, tables = finished.finish(plan, history)
    runs, trials = modes.open_runs(request.settings), modes.open_trials(request.settings)
    document["honesty"] = honesty_beside(runs, trials, plan, document, tables, source="notebook")
    if save:
        runs.save(document, tables)
    return Run(document, tables, request.settings)


def together(several: Sequence["Run"]) -> "tuple[list[date], np.ndarray[Any, np.dtype[np.float64]]]":
    """Return the trading dates that all runs have, and their daily returns on them: dates x runs.

    It is what the statistics of overfitting ask for: `results.trials`, `results.overfitting`, `results.superiority`.
    """
    columns = [dict(zip(one.daily["date"].to_list(), one.daily["return"].to_list(), strict=True)) for one in several]
    shared = sorted(set.intersection(*map(set, columns))) if columns else []
    if not shared:
        raise BadData("The runs have no trading date in common.", "Choose runs over the same period.")
    return shared, np.array([[column[day] for column in columns] for day in shared], np.float64)


class Run:
    """A finished run: its document, its tables, and what can be asked of them."""

    def __init__(self, document: Mapping[str, Any], tables: Mapping[str, "pl.DataFrame"], settings: Settings) -> None:
        """`tables` may read each table when it is first asked for."""
        self.document = document
        """All that is known of the run, as in `--json`: parameters, settings, hashes, the summary."""
        self.tables = tables
        self._settings = settings

    @property
    def id(self) -> str:
        """The id under which it is saved."""
        return str(self.document["id"])

    @property
    def summary(self) -> Mapping[str, Any]:
        """The table of results, as plain data."""
        found: Mapping[str, Any] = self.document["summary"]
        return found

    def __getattr__(self, name: str) -> "pl.DataFrame":
        """Return a table of the run as a polars frame: trades, orders, fills, refusals, gates, equity, risk, lines."""
        if name not in TABLES:
            raise AttributeError(f"a run has no {name!r}; its tables are {', '.join(TABLES)}")
        return self.tables[name]

    def __dir__(self) -> list[str]:
        """Return the names of tables too, for completion."""
        return [*super().__dir__(), *TABLES]

    def __repr__(self) -> str:
        """Return what was run and what came out, in one line."""
        total, account = self.summary["total"], self.summary["account"]
        mean, error = total["expectancy_r"], total["expectancy_error_r"]
        spread = "" if error is None else f" ± {error:.2f}"
        rated = "" if mean is None else f", mean {mean:+.2f}{spread} R"
        what = f"{', '.join(self.document['strategies'])} on {', '.join(self.document['instruments'])}"
        period = f"{self.document['from'][:10]} to {self.document['to'][:10]}"
        made = f"{total['trades']} trades, net {total['net']:+,.2f} {account['currency']}{rated}"
        return f"Run {self.id}: {what}, {period}: {made}{', SYNTHETIC DATA' if self.document['synthetic'] else ''}"

    def pandas(self, table: str) -> Any:
        """Return a table as a pandas frame, moments with their zone, what is missing as NaN or None."""
        if table not in TABLES:
            raise UnknownName("table of a run", table, TABLES)
        return to_pandas(self.tables[table])

    @cached_property
    def daily(self) -> "pl.DataFrame":
        """The equity at 17:00 New York of every trading date and the return of the date; dates without a trade too."""
        import polars as pl  # noqa: PLC0415 - loaded only when it is needed

        dated = self.equity.filter(pl.col("date").is_not_null()).select("date", "equity")
        returns = measures.daily_returns(self.equity, self.document)
        known = returns if len(returns) == dated.height else np.full(dated.height, np.nan)
        return dated.with_columns(pl.Series("return", known).fill_nan(None))

    def measures(self, *, riskless: float = 0.0) -> dict[str, Any]:
        """Return every statistic of the run by name; `riskless` is the rate of cash a year, 0.02 for 2 %."""
        return measures.measure(self.tables, self.document, riskless=riskless)

    def breakdown(self, dimension: str) -> "pl.DataFrame":
        """Return the results by one dimension: strategy, instrument, side, reason, session, pair, hour, session_hour,
        weekday, month, day_type, clocks, trend, or adr, which reads the prices of the run again.
        """  # noqa: D205 - a list, not a paragraph
        if dimension == "adr":
            prices = {symbol: self.prices(symbol) for symbol in self.document["instruments"]}
            return breakdowns.breakdowns(self.tables, self.document, prices)["adr"]
        found = breakdowns.breakdowns(self.tables, self.document)
        if dimension not in found:
            raise UnknownName("dimension", dimension, [*found, "adr"])
        return found[dimension]

    def simulate(self, *, seed: int, repeats: int = montecarlo.REPEATS) -> dict[str, Any]:
        """Return what else might have come out: see `results.montecarlo`."""
        return montecarlo.simulate(self.tables, self.document, seed=seed, repeats=repeats)

    def why(self, at: str | datetime, *, on: str | None = None, strategy: str | None = None) -> Answer:
        """Return what a strategy's gates said at a moment, and in `.sentence` why there was a trade or none.

        A datetime or text without a zone is UTC.
        """
        text = at if isinstance(at, str) else (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()
        chosen = requests.only(strategy, self.document["strategies"], "strategy", "strategy=")
        symbol = requests.only(on, self.document["instruments"], "instrument", "on=")
        return why(self.document, self.tables, chosen, symbol, requests.moment_ns(text))

    def prices(self, symbol: str) -> "pl.DataFrame":
        """Return the bars of a symbol that the run read, from 45 days before it; ticks as bars of a minute.

        They are read from the history as it is now: what was imported since may have changed them.
        """
        import polars as pl  # noqa: PLC0415 - loaded only when it is needed

        series = [name.split() for name in self.document["hashes"]["data"] if name.split()[0] == symbol]
        chosen = [(one[0], one[1], int(one[2]), one[3], one[4]) for one in series if one[4] != "ask"]
        if not chosen:
            raise UnknownName("instrument of the run", symbol, self.document["instruments"])
        history = modes.open_history(self._settings)
        first, end = (requests.moment_ns(self.document[name]) for name in ("from", "to"))
        widest = max(chosen, key=lambda one: one[2])  # it covers most
        read = history.ticks if widest[1] == "ticks" else history.bars
        frames = list(read(widest, first - WARM_UP_NS, end))
        if not frames:
            raise BadData(f"The history holds {' '.join(map(str, widest))} no more.", "Import it again.")
        found = pl.concat(frames)
        return _minutes(found) if widest[1] == "ticks" else found

    def edge(self, symbol: str, horizons: Sequence[int] = excursions.HORIZONS) -> "pl.DataFrame":
        """Return the edge ratio of the entries in an instrument so many bars later, whatever the exits were."""
        import polars as pl  # noqa: PLC0415 - loaded only when it is needed

        mine = self.trades.filter(pl.col("symbol") == symbol)
        found = excursions.edge_ratios(mine, self.prices(symbol), horizons)
        return pl.DataFrame(
            [one._asdict() for one in found], schema_overrides={"ratio": pl.Float64, "error": pl.Float64}
        )


def _minutes(ticks: "pl.DataFrame") -> "pl.DataFrame":
    """Return ticks as bars of their bids."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    bid = pl.col("bid")
    corners = {"open": bid.first(), "high": bid.max(), "low": bid.min(), "close": bid.last()}
    return ticks.group_by_dynamic("ts", every="1m").agg(**corners)


def to_pandas(frame: "pl.DataFrame") -> Any:
    """Return a polars frame as a pandas one; pyarrow is not needed for it."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    try:
        import pandas as pd  # noqa: PLC0415  an optional library
    except ImportError as error:
        raise TradewindError("Pandas is not installed.", "Install it: pip install pandas.") from error
    columns = {}
    for name, column in zip(frame.columns, frame.get_columns(), strict=True):
        if isinstance(column.dtype, pl.Datetime):
            columns[name] = pd.to_datetime(column.dt.replace_time_zone(None).to_numpy(), utc=True)
        elif column.dtype in (pl.String, pl.Date):
            columns[name] = column.to_list()
        else:
            columns[name] = column.to_numpy()
    return pd.DataFrame(columns)


class _Stored(Mapping[str, "pl.DataFrame"]):
    """The tables of a saved run, each read when it is first asked for."""

    def __init__(self, store: Any, which: str) -> None:
        self._store = store
        self._which = which
        self._read: dict[str, pl.DataFrame] = {}

    def __getitem__(self, name: str) -> "pl.DataFrame":
        if name not in self._read:
            self._read[name] = self._store.table(self._which, name)
        return self._read[name]

    def __iter__(self) -> Any:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)


def _settings(data: str | Path | None, file: str | Path | None) -> Settings:
    """Return the settings, with the data folder given if there is one."""
    settings = load_settings(None if file is None else Path(file))
    return settings if data is None else settings.model_copy(update={"data": Path(data)})
