"""What a client says: which topics of which accounts, and from where on."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tradewind.live.folder import NAME

Topic = Literal["quotes", "bars", "state", "orders", "alerts", "jobs"]
DURABLE = frozenset({"state", "orders", "alerts"})
"""Told by the journal: nothing is lost and nothing told twice."""
MOST_ACCOUNTS = 200
LARGEST = 65_536
"""Bytes a client may say at once."""


class Subscribe(BaseModel):
    """From now on these topics of these accounts, in place of what was wished before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: Literal["subscribe"]
    topics: frozenset[Topic] = Field(min_length=1)
    accounts: tuple[str, ...] | None = Field(default=None, max_length=MOST_ACCOUNTS)
    """Left out: all there are, and those that come."""
    after: dict[str, str] = Field(default={}, max_length=MOST_ACCOUNTS)
    """By account, the last `at` that was told; everything since comes. Left out: from now on."""

    def strange(self) -> str | None:
        """Return a name that is none of an account, or None."""
        return next((one for one in (*(self.accounts or ()), *self.after) if not NAME.fullmatch(one)), None)
