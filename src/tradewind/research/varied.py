"""The variants that the words of a command line ask for."""

from collections.abc import Sequence

from tradewind.modes import Request
from tradewind.research.sampling import sample
from tradewind.research.space import space_of, texts
from tradewind.strategy import load


def variants_of(
    request: Request, vary: Sequence[str], where: Sequence[str], *, method: str, trials: int | None, seed: int
) -> list[dict[str, str]]:
    """Return what to set in each variant of the request's one strategy, different and allowed."""
    choice = request.choices[0]
    space = space_of(load(choice.path), choice.overrides, vary, where)
    return [texts(point) for point in sample(space, method, trials, seed)]
