"""What a person does in the account at the broker's own screen, without asking the desk."""


def meddle(broker, chance):
    """Something was done by hand; return what."""
    doings = {"nothing by hand": lambda: None}
    if broker.positions:
        name = chance.choice(sorted(broker.positions))
        doings["closed by hand"] = lambda: broker.close_by_hand(name)
        doings["stop removed by hand"] = lambda: _without(broker.positions[name], "stop")
        doings["target removed by hand"] = lambda: _without(broker.positions[name], "target")
    if broker.orders:
        order = broker.orders[chance.choice(sorted(broker.orders))]
        doings["cancelled by hand"] = lambda: broker.cancel_by_hand(order)
    what = chance.choice(sorted(doings))
    doings[what]()
    return what


def _without(position, leg):
    """The level is gone, and no report says so."""
    setattr(position, leg, 0)
