"""The tokens of the look, once: colours by meaning, one scale of type, one of space; the style sheet uses their names.

Contrast of text on its ground is at least 4.5 to 1 in both themes. A colour never says anything alone: up and down
have an arrow and a sign, states a word and a shape.
"""

from collections.abc import Mapping

DARK = {
    "paper": "#0f1317", "card": "#161b21", "raised": "#1d242c", "line": "#2b343e", "grid": "#222a32",
    "ink": "#e8ecf0", "soft": "#9fabb7", "accent": "#76b5f7", "on-accent": "#0b1220",
    "gain": "#4fc7a4", "loss": "#ff8f7a", "warn": "#f3bd57", "stop": "#cd363c", "on-stop": "#ffffff",
    "gain-soft": "#12312a", "loss-soft": "#3c1e1a", "warn-soft": "#35290f", "accent-soft": "#142a41",
    "asia": "#a67fd01c", "london": "#6cb0f51a", "newyork": "#e9b44c1e", "late": "#9aa6b214",
}  # fmt: skip
LIGHT = {
    "paper": "#f3f5f7", "card": "#ffffff", "raised": "#f7f9fa", "line": "#d5dbe1", "grid": "#e6eaee",
    "ink": "#141a20", "soft": "#545f6b", "accent": "#155fb0", "on-accent": "#ffffff",
    "gain": "#0a7257", "loss": "#b3361f", "warn": "#7d5200", "stop": "#c21f27", "on-stop": "#ffffff",
    "gain-soft": "#dcf1ea", "loss-soft": "#fbe5e0", "warn-soft": "#fbefd3", "accent-soft": "#e1edfa",
    "asia": "#7c4fa31c", "london": "#1f5fa81c", "newyork": "#d99a1c2b", "late": "#61697316",
}  # fmt: skip
SIZES = {
    "text-1": "11.5px", "text-2": "13px", "text-3": "14px", "text-4": "16px", "text-5": "20px", "text-6": "28px",
    "gap-1": "4px", "gap-2": "8px", "gap-3": "12px", "gap-4": "16px", "gap-5": "24px", "round": "8px",
    "rail": "184px", "strip": "52px",
}  # fmt: skip
CHOICES = ("auto", "dark", "light")
COOKIE = "tradewind_theme"


def style() -> str:
    """Return the tokens as style: light unless the system or the person wants dark."""
    return (
        f":root{{color-scheme:light;{_words(SIZES)}{_words(LIGHT)}}}"
        f"@media(prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{_words(DARK)}}}}}"
        f":root[data-theme=dark]{{color-scheme:dark;{_words(DARK)}}}"
    )


def _words(tokens: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in tokens.items())
