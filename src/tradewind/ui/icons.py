"""Our own line drawings, 24 units wide; they are decoration, words stand beside them."""

from tradewind.results.report.markup import Html

PATHS = {
    "overview": "M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z",
    "chart": "M7 4v3M7 14v4M5 7h4v7H5zM17 5v4M17 16v4M15 9h4v7h-4zM12 8v9",
    "strategies": "M6 4v16M6 8h7a4 4 0 0 1 4 4v1M14 11l3 3 3-3M6 20h9",
    "orders": "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
    "risk": "M12 3l8 3v6c0 5-3.5 8-8 9-4.500-1-8-4-8-9V6z",
    "research": "M10 3h4M11 3v6l-6 9a2 2 0 0 0 2 3h10a2 2 0 0 0 2-3l-6-9V3M8 15h8",
    "data": "M4 6c0-1.700 3.600-3 8-3s8 1.300 8 3-3.600 3-8 3-8-1.300-8-3zM4 6v12c0 1.700 3.600 3 8 3s8-1.300 8-3V6"
    "M4 12c0 1.700 3.600 3 8 3s8-1.300 8-3",
    "system": "M3 12h4l3-8 4 16 3-8h4",
    "theme": "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
    "search": "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM20 20l-4-4",
    "help": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.300-1 .8-1 1.700"
    "M12 17h.01",
    "leave": "M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9",
    "stop": "M8 3h8l5 5v8l-5 5H8l-5-5V8zM9 9l6 6M15 9l-6 6",
    "more": "M6 9l6 6 6-6",
    "menu": "M4 6h16M4 12h16M4 18h16",
    "person": "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c1-4 4-6 8-6s7 2 8 6",
    "upload": "M12 16V5M7 9l5-5 5 5M4 18v2h16v-2",
    "mark": "M3 19l6-13 4 8 3-5 5 10z",
}


def icon(name: str) -> Html:
    """Return a drawing."""
    return Html(
        f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{PATHS[name]}"/></svg>'
    )
