"""A desk without a network for tests: its own clock, requests in one line, every answer held against the contract."""

from decimal import Decimal

from live.oanda_contract import CONTRACT, check_answer
from tradewind.simulators.oanda.book import Rules
from tradewind.simulators.oanda.desk import Ask, Desk
from tradewind.simulators.oanda.instruments import from_profile
from tradewind.simulators.oanda.wire import rfc3339, written

NUMBER = "101-001-1234567-001"
MONDAY = 1_700_496_000_000_000_000
"""2023-11-20 16:00 UTC, 11:00 in New York."""

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
HAS_CONTRACT = CONTRACT.is_file()


class Client:
    """A client of a desk of its own."""

    def __init__(self, **account):
        self.now = MONDAY
        self.desk = Desk(from_profile(), lambda: self.now)
        self.book = self.desk.open_account(NUMBER, **account)

    def rules(self, **given):
        self.book.rules = Rules(**given)

    def quote(self, symbol, bid, ask, *, after=SECOND, tradeable=True):
        """The instrument has this quote, a second later."""
        self.now += after
        self.desk.price(symbol, self.now, Decimal(bid), Decimal(ask), tradeable=tradeable)

    def ask(self, method, below, body=None, **query):
        """Return the status and the body of an answer, which the contract allows."""
        path = f"/v3/accounts/{NUMBER}{below}"
        reply = self.desk.handle(Ask(method, path, query, body or {}, "1", "http://venue"))
        shown = written(reply.body, rfc3339)
        if HAS_CONTRACT:
            check_answer(method, path, reply.status, shown)
        return reply.status, shown

    def get(self, below, **query):
        return self.ask("GET", below, **query)[1]

    def order(self, kind="MARKET", symbol="EUR_USD", units="1000", **fields):
        """Return the answer to a new order; a field called `with_id` is its client id."""
        if name := fields.pop("with_id", None):
            fields["clientExtensions"] = {"id": name}
        return self.ask("POST", "/orders", {"order": {"type": kind, "instrument": symbol, "units": units, **fields}})[1]

    def types(self, after):
        """Return the types of the transactions after a number."""
        return [one["type"] for one in self.get("/transactions/sinceid", id=str(after))["transactions"]]

    @property
    def last(self):
        return int(self.book.last)


def client(**account):
    """Return a client with a quote of each of the instruments that tests use."""
    made = Client(**account)
    made.quote("EUR_USD", "1.08000", "1.08020")
    made.quote("XAU_USD", "2000.000", "2000.400")
    made.quote("USD_JPY", "150.000", "150.020")
    return made
