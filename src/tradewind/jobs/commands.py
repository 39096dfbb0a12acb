"""What can be asked for as a job, and the command line it becomes: nothing reaches a process but what is checked here.

Strategies are named, not uploaded: the shipped ones, and files of the strategies' folder. Every value stands behind its
option in one word, so that none can be taken for an option.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tradewind.errors import UnknownName
from tradewind.requests import SHIPPED

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Symbol = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9.#_]{0,19}$")]
Assigned = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,79}=[A-Za-z0-9_.,:+-]{1,80}$")]
Condition = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.<>=!+*/ ()-]{1,120}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]
Moment = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:.]{1,15}(Z|[+-][0-9:]{4,5})?)?$")]
Timeframe = Annotated[str, StringConstraints(pattern=r"^[SMHDW][1-9][0-9]{0,4}$")]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Asked(BaseModel):
    """What every job on history may say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    on: list[Symbol] = Field(min_length=1, max_length=16)
    start: Moment | None = None
    end: Moment | None = None
    set: list[Assigned] = Field(default=[], max_length=100)
    feed: Word | None = None
    profile: Word | None = None
    bar: Timeframe = "M5"
    cost_scale: Annotated[float, Field(ge=0, le=100)] | None = None

    def words(self) -> list[str]:
        """Return the options they all have."""
        given = {
            "--from": self.start, "--to": self.end, "--feed": self.feed, "--profile": self.profile, "--bar": self.bar,
            "--cost-scale": self.cost_scale,
        }  # fmt: skip
        return [f"--on={','.join(self.on)}", *_options(given), *(f"--set={one}" for one in self.set)]


class Sized(Asked):
    """With an account."""

    balance: Annotated[float, Field(gt=0, le=1e12)] | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    risk: Word | None = None
    fraction: Annotated[float, Field(gt=0, le=0.1)] | None = None
    lots: Annotated[float, Field(gt=0, le=1e6)] | None = None
    mode: Literal["pessimistic", "optimistic", "path"] | None = None

    def words(self) -> list[str]:
        """Return the options they all have."""
        names = ("balance", "currency", "risk", "fraction", "lots", "mode")
        return super().words() + _options({f"--{name}": getattr(self, name) for name in names})


class Backtest(Sized):
    """A backtest of one or several strategies."""

    strategies: list[Name] = Field(min_length=1, max_length=16)
    bands: bool = False
    stress: bool = False

    def command(self, files: Path) -> list[str]:
        """Return its command line."""
        flags = [flag for flag, given in (("--bands", self.bands), ("--stress", self.stress)) if given]
        paths = [strategy_file(name, files) for name in self.strategies]
        return ["backtest", *self.words(), *flags, "--json", "--", *paths]


class Sweep(Sized):
    """Many variants of one strategy."""

    strategy: Name
    vary: list[Assigned] = Field(min_length=1, max_length=20)
    where: list[Condition] = Field(default=[], max_length=20)
    method: Literal["grid", "random", "lhs", "tpe", "cmaes", "nsga2"] = "grid"
    trials: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31)] = 1

    def command(self, files: Path) -> list[str]:
        """Return its command line."""
        more = _options({"--method": self.method, "--trials": self.trials, "--seed": self.seed})
        varied = [f"--vary={one}" for one in self.vary] + [f"--where={one}" for one in self.where]
        return ["sweep", *self.words(), *more, *varied, "--json", "--", strategy_file(self.strategy, files)]


class WalkForward(Asked):
    """Variants chosen on one stretch and judged on the next, again and again."""

    strategy: Name
    vary: list[Assigned] = Field(min_length=1, max_length=20)
    where: list[Condition] = Field(default=[], max_length=20)
    train: Word = "12m"
    test: Word = "3m"
    embargo: Word = "1d"
    objective: Literal["sharpe", "return", "calmar"] = "sharpe"
    method: Literal["grid", "random", "lhs"] = "grid"
    trials: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31)] = 1

    def command(self, files: Path) -> list[str]:
        """Return its command line."""
        names = ("train", "test", "embargo", "objective", "method", "trials", "seed")
        more = _options({f"--{name}": getattr(self, name) for name in names})
        varied = [f"--vary={one}" for one in self.vary] + [f"--where={one}" for one in self.where]
        return ["walkforward", *self.words(), *more, *varied, "--json", "--", strategy_file(self.strategy, files)]


class TwinRun(BaseModel):
    """A recorded day of an account beside its backtest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
    day: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    against: Literal["recorded", "history"] = "recorded"

    def command(self, _files: Path) -> list[str]:
        """Return its command line."""
        return ["twin", f"--account={self.account}", f"--against={self.against}", "--json", "--", self.day]


Job = Backtest | Sweep | WalkForward | TwinRun
KINDS: Mapping[str, Callable[..., Backtest | Sweep | WalkForward]] = {
    "backtest": Backtest, "sweep": Sweep, "walkforward": WalkForward,
}  # fmt: skip


def strategy_files(files: Path) -> dict[str, Path]:
    """Return the strategies that may be named: those of the folder, and the shipped ones."""
    found = {one.stem: one for root in (SHIPPED, files) for one in sorted(root.glob("*.py"))}
    return {name: path for name, path in found.items() if not name.startswith("_")}


def strategy_file(name: str, files: Path) -> str:
    """Return the path of a strategy; UnknownName where there is none of that name."""
    found = strategy_files(files)
    if name not in found:
        raise UnknownName("strategy", name, found)
    return str(found[name].resolve())


def _options(given: Mapping[str, object]) -> list[str]:
    return [f"{name}={value}" for name, value in given.items() if value is not None]


def as_typed(command: Sequence[str]) -> str:
    """Return a command as a person would type it."""
    return " ".join(["tradewind", *(one for one in command if one != "--")])
