"""The figures of one process. A metric exists from when it is first named; how many series it may have is bounded.

`counter`, `gauge` and `histogram` return what is counted with; code that runs for each price keeps what it got.
"""

import threading

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

from tradewind.errors import TradewindError
from tradewind.metrics.catalogue import Kind, Metric, metric

# A series more for each counter, which nobody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types for it

SERIES = 200
"""Label sets of one metric; what comes after them is counted under OTHER."""
OTHER = "other"


class Told:
    """What one process tells."""

    def __init__(self, *, process: bool = True) -> None:
        """Nothing is told yet but, where `process`, what the interpreter and the kernel know of the process."""
        self.registry = CollectorRegistry()
        self._metrics: dict[str, Counter | Gauge | Histogram] = {}
        self._series: dict[str, set[tuple[str, ...]]] = {}
        self._lock = threading.Lock()
        if process:
            ProcessCollector(registry=self.registry)
            PlatformCollector(registry=self.registry)
            GCCollector(registry=self.registry)

    def counter(self, name: str, *labels: str) -> Counter:
        """Return the counter of these labels, in the catalogue's order."""
        found = self._of(name, "counter", labels)
        assert isinstance(found, Counter)  # noqa: S101 - `_of` made it after the catalogue
        return found

    def gauge(self, name: str, *labels: str) -> Gauge:
        """Return the gauge of these labels, in the catalogue's order."""
        found = self._of(name, "gauge", labels)
        assert isinstance(found, Gauge)  # noqa: S101 - `_of` made it after the catalogue
        return found

    def histogram(self, name: str, *labels: str) -> Histogram:
        """Return the histogram of these labels, in the catalogue's order."""
        found = self._of(name, "histogram", labels)
        assert isinstance(found, Histogram)  # noqa: S101 - `_of` made it after the catalogue
        return found

    def one_of(self, name: str, chosen: str, among: tuple[str, ...], *before: str) -> None:
        """The gauge whose last label is `chosen` is 1, and those of the others in `among` are 0."""
        for value in among:
            self.gauge(name, *before, value).set(value == chosen)

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return generate_latest(self.registry)

    def _of(self, name: str, kind: Kind, labels: tuple[str, ...]) -> Counter | Gauge | Histogram:
        with self._lock:
            made = self._metrics.get(name)
            if made is None:
                made = self._metrics[name] = _make(metric(name, kind), self.registry)
            return made if not labels and not made._labelnames else made.labels(*self._bounded(name, labels))  # noqa: SLF001 - the library has no public question for it

    def _bounded(self, name: str, labels: tuple[str, ...]) -> tuple[str, ...]:
        """Return the labels, or OTHER in each place where the metric has its fill of series."""
        seen = self._series.setdefault(name, set())
        if labels not in seen:
            if len(seen) >= SERIES:
                return (OTHER,) * len(labels)
            seen.add(labels)
        return labels


def _make(one: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    if one.kind == "counter":
        return Counter(one.name, one.says, one.labels, registry=registry)
    if one.kind == "gauge":
        return Gauge(one.name, one.says, one.labels, registry=registry)
    if not one.buckets:
        raise TradewindError(f"{one.name} has no buckets.", "Give it some in metrics/catalogue.py.")
    return Histogram(one.name, one.says, one.labels, registry=registry, buckets=one.buckets)
