"""What holds for every route there is: a scope, a summary, and headers; the list of them is looked at by people."""

from tradewind.adapters.entrance.scopes import SCOPES
from tradewind.api.app import inventory

ALLOWED_PUBLIC = {"/livez", "/readyz", "/tradez", "/api/v1/login", "/api/v1/renew"}


def guard_of(route):
    """Return what a route says it needs: (scope, whether a password must have been given just now)."""
    found = [(one.call.scope, one.call.fresh) for one in route.dependant.dependencies if hasattr(one.call, "scope")]
    return found[0] if len(found) == 1 else (None, False)


def test_every_route_says_what_it_needs():
    """A scope, or that it is public; and only these few are."""
    scopes = {path: guard_of(route)[0] for path, route in inventory()}

    assert [path for path, scope in scopes.items() if scope is None] == []
    assert {path for path, scope in scopes.items() if scope.startswith("public")} == ALLOWED_PUBLIC


def test_no_route_is_left_out_of_the_inventory(hands):
    """Everything the application answers to is listed; the description of it all is open."""
    described = {(path, method.upper()) for path, one in hands.app.openapi()["paths"].items() for method in one}

    assert described == {(path, method) for path, route in inventory() for method in route.methods}


def test_what_every_scope_may_use_is_what_routes_say(hands):
    """Every route with every single scope: allowed or 403 as declared; and 401 for nobody."""
    clients = {scope: hands.client(scope) for scope in SCOPES}
    for path, route in inventory():
        needed, fresh = guard_of(route)
        if needed not in SCOPES:
            continue
        address = path.replace("{", "").replace("}", "")
        for method in route.methods:
            nobody = hands.client().request(method, address).status_code
            refused = {scope for scope, one in clients.items() if one.request(method, address).status_code == 403}
            assert nobody == 401, (method, path)
            assert refused == set(SCOPES) - (set() if fresh else {needed}), (method, path)


def test_every_answer_has_the_headers_browsers_obey(hands):
    """Also refusals and errors."""
    for path in ("/livez", "/api/v1/me", "/api/v1/nothing"):
        headers = hands.client().get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_a_body_that_is_too_large_is_not_read(hands):
    """Announced or not."""
    big = b"x" * 1_100_000

    assert hands.client("kill").post("/api/v1/kill", content=big).status_code == 413
    chunks = (b"x" * 100_000 for _ in range(11))
    assert hands.client("kill").post("/api/v1/kill", content=chunks).status_code >= 400
