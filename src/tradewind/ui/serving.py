"""NiceGUI told what it needs to know: nothing of its own look, nothing stored, nothing from elsewhere.

It keeps one application a process, so there is one set of pages a process too.
"""

from importlib import import_module
from typing import Any

from nicegui import app as theirs
from nicegui import ui

PAGES = ("overview", "chart", "strategies", "start", "orders", "risk", "research", "runs", "data", "system")


def serve_with(app: Any, house: Any, mark: str) -> Any:
    """Every page is known, and NiceGUI stands as the last route of the application; return it."""
    for name in PAGES:
        import_module(f"tradewind.ui.pages.{name}")
    theirs.state.house = house
    theirs.config.quasar_config = {**theirs.config.quasar_config, "loadingBar": {"skipHijack": True}}
    ui.run_with(
        app,
        title="Tradewind",
        favicon=mark,
        dark=None,
        language="en-US",
        tailwind=False,
        show_welcome_message=False,
        gzip_middleware_factory=None,
        reconnect_timeout=10.0,
        binding_refresh_interval=None,
    )
    return theirs
