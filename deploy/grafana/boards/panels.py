"""From a table of panels to Grafana's JSON, with grafana-foundation-sdk (Apache-2.0)."""

import warnings
from typing import Any, Literal, NamedTuple

with warnings.catch_warnings():  # files of the classic form are what every Grafana since 11 provisions
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.builders import dashboard, prometheus, stat, table, timeseries
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import dashboard as models

WIDTH = 24
HEIGHTS = {"stat": 4, "lines": 8, "table": 8}
PROMETHEUS = models.DataSourceRef("prometheus", "prometheus")
DATABASES = {name: models.DataSourceRef("grafana-postgresql-datasource", name) for name in ("trading", "market")}


class Panel(NamedTuple):
    """One question."""

    title: str
    kind: Literal["stat", "lines", "table"]
    ask: tuple[str, ...]
    """PromQL, or SQL where `database` says of which; `legend` names the series."""
    unit: str = "short"
    says: str = ""
    warn: float | None = None
    """From here on it is yellow, from `bad` on red; with `bad` below `warn`, downwards."""
    bad: float | None = None
    legend: str = "{{account}} {{component}}"
    width: int = 8
    database: str = ""


class Board(NamedTuple):
    """One dashboard."""

    uid: str
    title: str
    says: str
    panels: tuple[Panel, ...]


class Sql:
    """A query in SQL as Grafana's PostgreSQL source takes it; the SDK has none for it."""

    def __init__(self, text: str, ref: str, database: str) -> None:
        """It is asked as a table."""
        self.text, self.ref, self.database = text, ref, database

    def build(self) -> "Sql":
        """Return itself: it is whole."""
        return self

    def to_json(self) -> dict[str, object]:
        """Return the query as Grafana keeps it."""
        source = {"type": "grafana-postgresql-datasource", "uid": self.database}
        told = {"refId": self.ref, "rawSql": self.text, "rawQuery": True, "format": "table", "editorMode": "code"}
        return {**told, "datasource": source}


def as_json(board: Board) -> str:
    """Return a dashboard as Grafana reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return _as_json(board)


def _as_json(board: Board) -> str:
    built = (
        dashboard.Dashboard(board.title)
        .uid(f"tradewind-{board.uid}")
        .description(board.says)
        .tags(["tradewind"])
        .refresh("15s")
        .time("now-6h", "now")
        .timezone("utc")
        .readonly()
        .link(dashboard.DashboardLink("Other boards").type(models.DashboardLinkType.DASHBOARDS)
              .tags(["tradewind"]).as_dropdown(True).keep_time(True))
        .with_variable(
            dashboard.QueryVariable("account").label("Account").datasource(PROMETHEUS)
            .query("label_values(tradewind_trading_ready, account)").include_all(True).all_value(".*").multi(True)
        )
    )  # fmt: skip
    x = y = tallest = 0
    for one in board.panels:
        height = HEIGHTS[one.kind]
        if x + one.width > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        built = built.with_panel(_panel(one).grid_pos(models.GridPos(h=height, w=one.width, x=x, y=y)))
        x, tallest = x + one.width, max(tallest, height)
    return JSONEncoder(sort_keys=True, indent=2).encode(built.build()) + "\n"


def _panel(one: Panel) -> Any:
    made: Any = {"stat": stat.Panel, "lines": timeseries.Panel, "table": table.Panel}[one.kind]()
    made = made.title(one.title).description(one.says).unit(one.unit).no_value("nothing told yet")
    made = made.datasource(DATABASES[one.database] if one.database else PROMETHEUS)
    if (steps := _steps(one)) is not None:
        made = made.thresholds(dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps))
    for place, text in enumerate(one.ask):
        ref = chr(ord("A") + place)
        if one.database:
            made = made.with_target(Sql(text, ref, one.database))
        else:
            query = prometheus.Dataquery().expr(text).legend_format(one.legend).ref_id(ref)
            made = made.with_target(query.instant() if one.kind != "lines" else query)
    return made


def _steps(one: Panel) -> list[models.Threshold] | None:
    """Return the colours by value; None where no value is better than another."""
    if one.bad is None and one.warn is None:
        return None
    marks = [(value, colour) for value, colour in ((one.warn, "yellow"), (one.bad, "red")) if value is not None]
    falls = one.bad is not None and one.warn is not None and one.bad < one.warn
    if falls:
        assert one.bad is not None  # noqa: S101 - `falls` says so
        return [
            models.Threshold(None, "red"), models.Threshold(one.bad, "yellow"), models.Threshold(one.warn, "green"),
        ]  # fmt: skip
    return [models.Threshold(None, "green"), *(models.Threshold(value, colour) for value, colour in marks)]
