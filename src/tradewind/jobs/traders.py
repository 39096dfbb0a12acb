"""What a trader can be asked for, and the command line it becomes; every word is checked as those of jobs are."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tradewind.jobs.commands import Assigned, Moment, Name, Symbol, Timeframe, Word, strategy_file

Account = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class Trades(BaseModel):
    """What paper and live have alike."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    strategies: list[Name] = Field(min_length=1, max_length=16)
    on: list[Symbol] = Field(min_length=1, max_length=16)
    set: list[Assigned] = Field(default=[], max_length=100)
    risk: Word | None = None
    bar: Timeframe = "M5"

    def words(self, account: str) -> list[str]:
        """Return the options both have."""
        named = [f"--risk={self.risk}"] if self.risk is not None else []
        sets = [f"--set={one}" for one in self.set]
        return [f"--on={','.join(self.on)}", f"--account={account}", f"--bar={self.bar}", *named, *sets]

    def files(self, folder: Path) -> list[str]:
        """Return the strategies' files."""
        return [strategy_file(name, folder) for name in self.strategies]


class Paper(Trades):
    """A paper account: live code, simulated fills."""

    account: Account = "paper"
    source: Literal["tape", "synthetic", "broker"] | None = None
    """Where prices come from; by default what there is."""
    speed: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = 60.0
    """Of a tape: 1 is real time, 0 at once."""
    start: Moment | None = None
    end: Moment | None = None
    feed: Word | None = None
    balance: Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31)] = 2025
    fresh: bool = False
    """The account's former folder is put aside, and it begins anew."""

    def command(self, files: Path) -> list[str]:
        """Return its command line."""
        given = {
            "--source": self.source, "--speed": self.speed, "--from": self.start, "--to": self.end, "--feed": self.feed,
            "--balance": self.balance, "--seed": self.seed,
        }  # fmt: skip
        options = [f"{name}={value}" for name, value in given.items() if value is not None]
        return ["paper", *self.words(self.account), *options, "--", *self.files(files)]


class Live(Trades):
    """A live account: the broker of the settings."""

    account: Account = "live"
    warm_up: Annotated[int, Field(ge=0, le=3650)] = 30
    """Days of history to fill indicators with at the first start."""
    watchdog: bool = True
    """Nothing is opened unless the watchdog is alive."""

    def command(self, files: Path, arm: str | None) -> list[str]:
        """Return its command line; `arm` is the number of a real account."""
        armed = [f"--arm={arm}"] if arm is not None else []
        dog = "--watchdog" if self.watchdog else "--no-watchdog"
        return ["live", *self.words(self.account), f"--warm-up={self.warm_up}", dog, *armed, "--", *self.files(files)]
