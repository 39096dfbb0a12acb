"""The same work on a Ray cluster: one worker a core, the tape in the object store of each machine once.

A worker is an actor that unpacks the kit (the strategy's text is in it) and reads the tape from shared memory. Which
worker runs what is Ray's choice and cannot change a result.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import numpy as np

from tradewind.errors import TradewindError
from tradewind.research.kit import Kit, Prepared, unpacked
from tradewind.research.tape_file import RAW, cut
from tradewind.research.variants import GROUP, Outcome, run_prepared


class Worker:
    """One core of the cluster."""

    def __init__(self, kit: Kit, tape: Any) -> None:
        """It has the kit; `tape` are the rows of the whole tape as plain bytes."""
        self._prepared = unpacked(kit, cut(tape))

    def run(self, variants: Sequence[Mapping[str, str]]) -> list[Outcome]:
        """Return the outcomes of the variants."""
        return run_prepared(self._prepared, variants, threads=1)


class Cluster:
    """Workers on a Ray cluster, for as long as the `with` they are opened in."""

    def __init__(self, prepared: Prepared, address: str, count: int = 0) -> None:
        """`address` is "local" (a cluster of this machine's own), "auto" or HOST:PORT; `count` 0 is one a core."""
        self._prepared, self._address, self._count = prepared, address, count
        self._workers: list[Any] = []

    @property
    def words(self) -> str:
        """Who they are, for a person."""
        return f"{len(self._workers) or 'Ray'} workers on ray://{self._address}"

    def __enter__(self) -> Self:
        """The cluster is joined, its workers have the tape."""
        ray = self._ray = ray_module()
        address = None if self._address == "local" else self._address
        if address not in (None, "auto"):
            address = f"ray://{address}"
        try:
            more = {"num_cpus": self._count or None, "include_dashboard": False} if address is None else {}
            ray.init(address=address, ignore_reinit_error=True, log_to_driver=False, logging_level="ERROR", **more)
        except (ConnectionError, RuntimeError, OSError) as error:
            raise TradewindError(
                f"No Ray cluster answers at {self._address}: {error}.",
                "Start one with `ray start --head`, or use --on ray://local.",
            ) from None
        count = self._count or int(ray.cluster_resources().get("CPU", 1))
        tape = ray.put(np.concatenate([block.view(RAW) for block in self._prepared.blocks]).view("u1"))
        kit = ray.put(self._prepared.kit)
        actor = ray.remote(num_cpus=1)(Worker)
        self._workers = [actor.remote(kit, tape) for _ in range(count)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The workers have ended and the cluster is left."""
        for worker in self._workers:
            self._ray.kill(worker)
        self._ray.shutdown()

    def outcomes(self, variants: Sequence[Mapping[str, str]]) -> Iterator[Outcome]:
        """Yield the outcome of each variant as it is known."""
        length = max(1, min(GROUP, -(-len(variants) // len(self._workers))))
        parts = [(start, variants[start : start + length]) for start in range(0, len(variants), length)]
        idle, running = list(self._workers), dict[Any, tuple[int, Any]]()
        while parts or running:
            while idle and parts:
                start, part = parts.pop(0)
                worker = idle.pop()
                running[worker.run.remote([dict(one) for one in part])] = start, worker
            (done,), _ = self._ray.wait(list(running), num_returns=1)
            start, worker = running.pop(done)
            idle.append(worker)
            for outcome in self._ray.get(done):
                yield replace(outcome, number=start + outcome.number)


def ray_module() -> Any:
    """Return the library; raise TradewindError where it is not installed."""
    try:
        import ray  # noqa: PLC0415  an extra, needed only here
    except ImportError:
        raise TradewindError("A cluster needs Ray.", "Install it: pip install 'tradewind[ray]'.") from None
    return ray
