"""An account that breaks a limit soon: risk rules as tight as they go, and a strategy that trades all the time."""

from importlib.resources import files

CHANGED = {
    'name = "house"': 'name = "tight"',
    'risk_per_trade = "0.5 %"': 'risk_per_trade = "0.04 %"',
    **{f"{name} = {value}": f'{name} = "off"' for name, value in {
        "floor_buffer": '"0.1 %"', "collar_atr": "3", "level_atr_day": "5", "spread_median_multiple": "2.5",
        "trades_per_block": "1", "trades_per_day": "2", "trades_per_day_total": "6", "fills_per_5min": "3",
        "fills_per_day": "10", "consecutive_losses": "3", "consecutive_losses_global": "5",
    }.items()},
}  # fmt: skip
"""What would keep it from trading is off; one trade risks just less than a day may lose."""
DAY = {"daily soft loss": {"1.5 %": "0.045 %"}, "daily hard loss": {"2.5 %": "0.05 %", '"halt"': '"latch"'}}
"""A day may lose 50.00 of 100,000; then a person has to re-arm."""


def write_tight_rules(path):
    """The house's rules with a day's loss of 50.00 are in the file."""
    text = files("tradewind.risk").joinpath("packs", "house.toml").read_text()
    for old, new in CHANGED.items():
        assert f"{old}\n" in text or f"{old} " in text, old
        text = text.replace(f"{old}\n", f"{new}\n").replace(f"{old} ", f"{new} ")
    for rule, changes in DAY.items():
        head, rest = text.split(f'name = "{rule}"')
        for old, new in changes.items():
            assert old in rest, old
            rest = rest.replace(old, new, 1)
        text = f'{head}name = "{rule}"{rest}'
    path.write_text(text)
