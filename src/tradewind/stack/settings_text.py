"""The settings file that a person begins with: every line they are likely to change, with what it means."""

from tradewind.stack.places import MARKET, TRADING, Ports

HEAD = """\
# What Tradewind does when it is run in this folder. Everything left out has a default; a name or value that cannot be
# is refused with the nearest one that can. Money is in the account's currency, times are in milliseconds.

# What this folder is for. Real money is traded in production alone; paper trades none at all; development shows the
# API's own documentation. `tradewind config show --origin` tells what holds, and why.
stage = "{stage}"

# The broker whose instruments, hours and costs are assumed: metatrader, oanda, ...
profile = "metatrader"

# Where prices, runs and accounts are kept.
data = "tradewind-data"

# Risk rules: none, house, the name of a firm's pack (`tradewind risk show`), or a risk file. Paper and live trading
# have those of the house where none are named.
risk = "house"

[account]
currency = "USD"
balance = 100000
# hedging: each strategy has its own positions. netting: the broker holds one in an instrument.
mode = "hedging"

[sizing]
# What an order risks that names no size: a share of the balance, to its stop.
method = "fixed_fraction"
fraction = 0.005
# No order risks more than this.
cap = 0.01

[fills]
# How the simulated venue fills: pessimistic, optimistic or path.
mode = "pessimistic"

[news]
# No entries around releases of these impacts.
enabled = true
impacts = ["high"]

[api]
# Where `tradewind serve` opens the web UI and the API; up: `tradewind up` and `stack up` do so too.
up = true
{listens}
# certificate = "secrets/tls.pem"
# key = "secrets/tls.key"
"""

HERE = """\
# Anywhere but 127.0.0.1 it needs a certificate and its key.
host = "127.0.0.1"
port = {port}"""

INSIDE = """\
# Inside its container it listens at every address; compose.yaml publishes the port on 127.0.0.1 alone. It is refused
# outside containers, and answers nobody but the networks the container is attached to.
host = "0.0.0.0"
container = true
port = 8600"""

BROKER = """
# The broker that `paper --source broker` takes prices from and `live` trades at: `tradewind broker list`.
# [broker]
# name = "oanda"
# account = "101-004-1234567-001"
# token_file = "{token}"  # one line, readable by its owner alone
# practice = true
"""

TRADED = """
# What `tradewind up` trades, watched by its watchdog; mode = "live" trades at the broker above.
# [trader]
# mode = "paper"
# strategies = ["opening_range"]
# symbols = ["XAUUSD"]
"""

CONTAINED = """
[metrics]
# Inside its container each process tells figures at this port; nothing publishes it.
host = "0.0.0.0"
port = 9600
"""

WATCHED = """
[metrics]
# Each process tells figures at a port of its own; Prometheus, if it is installed, scrapes them. 0: not at all.
prometheus = {prometheus}
alertmanager = {alertmanager}
every = 15
"""

EMBEDDED = """
[ports]
# Where things are kept and how they travel. These need no server; `tradewind init --stack` writes the others.
journal = "sqlite"
runs = "sqlite"
history = "parquet"
feed = "direct"
board = "memory"
# One file a secret, readable by its owner alone.
secrets = "secrets"
"""

SERVED = """
[ports]
# Where things are kept and how they travel: servers {where}. No password stands here:
# each lies in a file of the folder of secrets, named after server and user (postgresql-trader).
journal = "postgresql://trader@{postgres}/{trading}"
runs = "postgresql://trader@{postgres}/{trading}"
history = "timescale://recorder@{timescale}/{market}"
feed = "kafka://{kafka}"
board = "redis://{redis}/0"
secrets = "{secrets}"
"""


def settings_text(ports: Ports, *, stack: bool, containers: bool, stage: str) -> str:
    """Return the text of `tradewind.toml`."""
    token = "/run/secrets/broker" if containers else "secrets/broker"
    listens = INSIDE if containers else HERE.format(port=ports.api)
    told = HEAD.format(listens=listens, stage=stage) + BROKER.format(token=token) + TRADED
    if containers:
        return told + SERVED.format(
            where="in the containers of deploy/compose.yaml", secrets="/run/secrets", postgres="postgres:5432",
            timescale="timescaledb:5432", kafka="kafka:9093", redis="redis:6379", trading=TRADING, market=MARKET,
        ) + CONTAINED  # fmt: skip
    if stack:
        here = {name: f"127.0.0.1:{port}" for name, port in ports._asdict().items()}
        return told + SERVED.format(
            where="on this machine (`tradewind stack up`)", secrets="secrets",
            postgres=here["postgresql"],
            timescale=here["timescale"], kafka=here["kafka"], redis=here["redis"], trading=TRADING, market=MARKET,
        ) + WATCHED.format(prometheus=ports.prometheus, alertmanager=ports.alertmanager)  # fmt: skip
    return told + EMBEDDED
