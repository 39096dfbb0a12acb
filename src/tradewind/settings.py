"""Everything a person can set, as one frozen tree with defaults; a `tradewind.toml` overrides what it names.

Money is in units of the account's currency and times in milliseconds here; the wiring turns them into the kernel's
integers. A wrong name or value says where it stands, what it was and what is allowed.
"""

import os
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tradewind.errors import BadSettings, nearest
from tradewind.settings_layers import Layer, layers_of, merged, origin_of


class Section(BaseModel):
    """A part of the settings: immutable, and without names we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Account(Section):
    """The account that trades."""

    currency: str = "USD"
    balance: Decimal = Field(default=Decimal(100_000), gt=0)
    mode: Literal["hedging", "netting"] = "hedging"
    """Hedging: every strategy has its own positions at the broker. Netting: the broker holds one in an instrument."""
    hedged_margin: Literal["net", "larger", "full"] | None = None
    """What opposite positions of a hedging account need margin for; else what the profile says of each instrument."""


class Sizing(Section):
    """How much an order without a size of its own trades (domain rules 5.1)."""

    method: Literal["fixed_lots", "fixed_fraction", "volatility", "kelly", "volatility_target"] = "fixed_fraction"
    fraction: float = Field(default=0.005, gt=0, le=0.1)
    cap: float = Field(default=0.01, gt=0, le=0.1)
    lots: float = Field(default=1.0, gt=0)
    atr_multiple: float = Field(default=1.0, gt=0)
    volatility_target: float = Field(default=0.1, gt=0, le=1)
    """A year, as a share of capital, for the method of that name: what each weight of 1 may move."""
    drawdown_scaling: float | None = Field(default=None, gt=0, le=1)
    """Sizes shrink with the drawdown towards this one, to a quarter at the least; left out, they do not."""


Weight = Annotated[float, Field(ge=0, le=100)]


class Portfolio(Section):
    """How the risk is shared out; `tradewind portfolio` writes such a section."""

    weights: dict[str, dict[str, Weight]] = {}
    """Multiples of the risk fraction by strategy and symbol; if any is given, all that trade must be."""


class Fills(Section):
    """How the simulated venue fills."""

    mode: Literal["pessimistic", "optimistic", "path"] = "pessimistic"
    latency_ms: float = Field(default=250.0, ge=0)
    market_slippage: float = Field(default=0.25, ge=0)
    stop_slippage: float = Field(default=0.5, ge=0)
    stop_slippage_atr: float = Field(default=0.05, ge=0)
    rough_multiple: float = Field(default=3.0, ge=1)
    limit_through: int = Field(default=0, ge=0)
    limit_improvement: bool = False
    cancel_if_gapped: bool = False


class Costs(Section):
    """Multiples of each cost, for stress: 0, 1, 2; and where the spread of bars without an ask comes from."""

    spread: float = Field(default=1.0, ge=0)
    spread_curve: str | None = None
    """The feed whose spread curves are used; none given, the feed of the prices."""
    spread_level: bool = True
    """Whether a curve follows the level of the five recorded days before."""
    slippage: float = Field(default=1.0, ge=0)
    commission: float = Field(default=1.0, ge=0)
    financing: float = Field(default=1.0, ge=0)


Minutes = tuple[Annotated[int, Field(ge=0, le=1440)], Annotated[int, Field(ge=0, le=1440)]]
"""Before and after."""


class News(Section):
    """What releases forbid, in minutes before and after each (domain rules 2.2), and what they do to spreads."""

    enabled: bool = True
    """The shipped calendar and what was imported are on the tape."""
    impacts: tuple[Literal["low", "medium", "high"], ...] = ("high",)
    release: Minutes = (15, 15)
    fomc: Minutes = (30, 60)
    eia: Minutes = (15, 15)
    spread_minutes: float = Field(default=5.0, ge=0)
    """So long after a release a spread that was not recorded is the instrument's news multiple of the usual one."""
    flatten_before: int = Field(default=0, ge=0)
    """The shipped rules hold no position from so long before a release on; 0 does not ask for it."""
    lock: Minutes = (0, 0)
    """No entry is sent; a prop firm's rule is [2, 2]."""


class BrokerAccount(Section):
    """The account at a broker that `paper` takes prices from and `live` trades."""

    name: Literal["none", "oanda", "metatrader", "fix"] = "none"
    account: str = ""
    token_file: Path | None = None
    """A file with the token or password, readable by its owner alone."""
    practice: bool = True
    base_url: str | None = None
    """Only for a broker that runs elsewhere than usual, such as a simulated one on this machine."""
    stream_url: str | None = None
    options: dict[str, str] = {}
    """What else the adapter needs: see the broker's page in the documentation."""


class Trader(Section):
    """What `tradewind up` and `tradewind run trader` trade: the words one would give `paper` or `live`."""

    mode: Literal["paper", "live"] = "paper"
    account: str = "paper"
    strategies: tuple[str, ...] = ()
    """Files, or names of shipped ones; none: nothing is traded."""
    symbols: tuple[str, ...] = ()
    bar: str = "M5"
    source: Literal["tape", "synthetic", "broker"] = "synthetic"
    """Where paper has its prices from without a broker."""
    standby: bool = False
    """Live: wait while another trader leads the account."""
    arm: str | None = None
    """Live: the number of the real account."""


class Ports(Section):
    """Where things are kept and how they travel: one line each. The defaults need no server."""

    journal: str = "sqlite"
    """sqlite, or postgresql://user@host:port/database."""
    runs: str = "sqlite"
    """sqlite, or postgresql://user@host:port/database."""
    history: str = "parquet"
    """parquet, or timescale://user@host:port/database, with or without the extension."""
    feed: str = "direct"
    """direct, or kafka://host:port: prices go through topics, and several services read them."""
    board: str = "memory"
    """memory, or redis://user@host:port/number."""
    secrets: Path | None = None
    """A folder with one file a user and server (`postgresql-trader`), each readable by its owner alone."""


class Api(Section):
    """Where `tradewind serve` listens, and what it shows."""

    up: bool = True
    """`tradewind up` and `stack up` serve it too, where the extra `serve` is installed."""
    host: str = "127.0.0.1"
    """Anything but this machine needs a certificate."""
    container: bool = False
    """In a container whose port is published on 127.0.0.1 alone: it listens inside without a certificate, and answers
    nobody but the networks it is attached to. Refused outside containers."""
    port: int = Field(default=8600, ge=1, le=65_535)
    hosts: tuple[str, ...] = ()
    """Names this server is known by, besides those of this machine; a request for another name is refused."""
    certificate: Path | None = None
    """PEM, with the chain; the key beside it is readable by its owner alone."""
    key: Path | None = None
    docs: bool = False
    """Interactive documentation of the API, for development."""
    pages: bool = True
    """The web UI."""
    workers: int = Field(default=1, ge=0, le=64)
    """Jobs at once: backtests, sweeps, imports. 0: another process works them off."""


class Metrics(Section):
    """Where each process tells its figures and its health (`/metrics`, `/livez`, `/readyz`, `/tradez`)."""

    enabled: bool = True
    host: str = "127.0.0.1"
    """Anything else is readable by whoever reaches it: figures tell balances and positions."""
    port: int = Field(default=0, ge=0, le=65_535)
    """0: a free one, which `<data>/metrics/<process>.json` names for Prometheus."""
    prometheus: int = Field(default=9090, ge=0, le=65_535)
    """Where `stack up` starts Prometheus, if it is installed; 0: not at all."""
    alertmanager: int = Field(default=9095, ge=0, le=65_535)
    every: int = Field(default=15, ge=1, le=300)
    """Seconds between two scrapes."""


class Logs(Section):
    """What processes write down in `<data>/logs`, one JSON object a line."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    bytes: int = Field(default=10_000_000, ge=100_000)
    """A file that is so large is put aside and a new one begun."""
    pieces: int = Field(default=5, ge=1, le=100)
    """So many files of one log are kept, the oldest goes."""


class Settings(Section):
    """The whole tree."""

    stage: Literal["development", "paper", "production"] = "development"
    """What this folder is for. Real money is traded in production alone; what else a stage sets: `tradewind config`."""
    profile: str = "metatrader"
    data: Path = Path("tradewind-data")
    strategies: Path = Path("strategies")
    """The folder of your own strategies: the only files beside the shipped ones that the API runs."""
    account: Account = Account()
    sizing: Sizing = Sizing()
    portfolio: Portfolio = Portfolio()
    fills: Fills = Fills()
    costs: Costs = Costs()
    news: News = News()
    broker: BrokerAccount = BrokerAccount()
    trader: Trader = Trader()
    ports: Ports = Ports()
    api: Api = Api()
    metrics: Metrics = Metrics()
    logs: Logs = Logs()
    notify: Path | None = None
    """A file with the addresses to tell people at, one Apprise URL a line, readable by its owner alone."""
    risk: str = "none"
    """Risk rules: none, house, the name of a firm's pack, or a risk file."""
    rates: dict[str, Decimal] = {}
    """Fixed conversion rates by pair ("EURUSD"), where there is no history of the pair."""

    @model_validator(mode="after")
    def _fits_its_stage(self) -> Self:
        """Whoever trades real money has limits, and tells strangers nothing of the API."""
        if self.stage == "production" and self.risk == "none":
            raise ValueError('Production has risk rules: risk = "house", a firm\'s pack, or a risk file')
        if self.stage == "production" and self.api.docs:
            raise ValueError("Production shows no interactive documentation: leave out [api] docs")
        if self.stage == "paper" and self.trader.mode == "live":
            raise ValueError('[trader] mode = "live" is not for the stage paper: choose production, or development')
        return self


def load_settings(path: Path | None = None) -> Settings:
    """Return the settings in `path`, or in ./tradewind.toml if there is one, over the defaults.

    The environment stands over the file. Raises BadSettings for a name or value that cannot be.
    """
    return settings_and_layers(path)[0]


def settings_and_layers(path: Path | None = None) -> tuple[Settings, tuple[Layer, ...]]:
    """Return the settings as `load_settings` does, and where they come from."""
    here = Path("tradewind.toml")
    if path is not None and not path.is_file():
        raise BadSettings(f"There is no settings file {path}.", "Give one with --settings, or leave it out.")
    layers = layers_of(path or (here if here.is_file() else None), os.environ)
    try:
        return Settings.model_validate(merged(layers)), layers
    except ValidationError as error:
        name = ".".join(str(part) for part in error.errors()[0]["loc"])
        origin = origin_of(layers, name) if name else str(path or here)
        raise BadSettings(f"{origin}: {_sentence(error)}") from None


def _sentence(error: ValidationError) -> str:
    """Return the first fault as one sentence with the value and what is allowed."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if not where:
        return f"{first['msg'].removeprefix('Value error, ')}."
    if first["type"] == "extra_forbidden":
        section: type[BaseModel] = Settings
        for part in first["loc"][:-1]:
            inner = section.model_fields[str(part)].annotation
            section = inner if isinstance(inner, type) and issubclass(inner, BaseModel) else section
        names = section.model_fields
        return f"{where} is no setting.{nearest(str(first['loc'][-1]), names)} Known: {', '.join(names)}."
    return f"{where} = {first['input']!r}: {first['msg'].lower()}."
