"""What was fetched and is not stored yet, and what is known to have been fetched before."""

from tradewind.data.downloads import covered
from tradewind.data.downloads.covered import DOCUMENT, Stretch
from tradewind.data.downloads.window import Got, Vendor, Window
from tradewind.data.series import NS, TICKS, History, Series
from tradewind.errors import BadData

EVERY_NS = 60 * NS
MOST_ROWS = 1_000_000


class Basket:
    """Rows on their way into the history; `store` puts them there and then notes the windows they came from."""

    def __init__(self, history: History, vendor: Vendor) -> None:
        self._history = history
        self._vendor = vendor
        self._covered: dict[Series, list[Stretch]] = {}
        self._waiting: list[tuple[Window, Got]] = []
        self._unsure: list[tuple[Window, Got]] = []
        self._untold: set[Series] = set()
        """Series whose document is not written yet: there is none before the first row."""
        self._began = 0
        self.answered = False
        """Whether the vendor knew any window of this download."""
        self.rows = self.new = self.changed = self.left_out = 0

    def has(self, window: Window) -> bool:
        """Answer whether a download had all of the window before."""
        return all(covered.includes(self._stretches(series), window.start, window.end) for series in window.series)

    def add(self, window: Window, got: Got, now: int) -> None:
        """The rows wait to be stored, or are stored already."""
        # A delivery of ticks replaces all from its first to its last, so it must have no window left out between.
        if self._waiting and window.start != self._waiting[-1][0].end and window.series[0].kind == TICKS:
            self.store()
        self._began = self._began if self._waiting else now
        self._waiting.append((window, got))
        self.answered = self.answered or not got.unknown
        self.rows += got.rows
        self.left_out += got.left_out
        if now - self._began >= EVERY_NS or sum(waiting.rows for _, waiting in self._waiting) >= MOST_ROWS:
            self.store()

    def store(self) -> None:
        """The rows are in the history, and their windows need not be asked for again."""
        if any(got.rows for _, got in self._waiting):
            with self._history.delivery() as delivery:
                for _, got in self._waiting:
                    for series, frame in got.parts:
                        if frame.height:
                            delivery.add(series, frame)
                outcomes = delivery.commit(
                    {"file": self._vendor.address, "vendor": self._vendor.name, "clock": "UTC", "download": True}
                )
            self.new += sum(outcome.new for outcome in outcomes.values())
            self.changed += sum(outcome.changed for outcome in outcomes.values())
        self._remember()
        self._waiting = []

    def _remember(self) -> None:
        """The windows are in the documents beside their series."""
        self._unsure += self._waiting
        # Where the vendor knows none of the windows, it is perhaps not the vendor that we talk to.
        sure = [waiting for waiting in self._unsure if self.answered or not waiting[1].unknown]
        self._unsure = [waiting for waiting in self._unsure if not self.answered and waiting[1].unknown]
        for window, got in sure:
            for series in window.series:
                stretch = (window.start, got.whole_until)
                self._covered[series] = covered.merged([*self._stretches(series), stretch])
                self._untold.add(series)
        held = {Series(*one.series) for one in self._history.series()} if self._untold else set()
        for series in self._untold & held:
            self._history.keep(series, DOCUMENT, covered.written(self._covered[series], self._vendor.name))
        self._untold -= held

    def _stretches(self, series: Series) -> list[Stretch]:
        """Return what was fetched of a series, read once."""
        if series not in self._covered:
            try:
                self._covered[series] = covered.from_document(self._history.kept(series, DOCUMENT))
            except BadData:
                self._covered[series] = []
        return self._covered[series]
