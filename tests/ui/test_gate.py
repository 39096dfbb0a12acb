"""The gate before the pages: who is nobody sees nothing, scripts of others do not run, and nobody is led elsewhere."""

import re

import httpx
import pytest
from pages_web import PASSWORD

ORIGIN = {"referer": "", "accept": "text/html"}


@pytest.fixture(scope="session")
def client(address):
    """Return somebody who is logged in."""
    with httpx.Client(base_url=address) as found:
        found.post("/login", data={"name": "ann", "password": PASSWORD, "after": "/"}, headers={"origin": address})
        yield found


@pytest.mark.parametrize("path", ["/", "/chart", "/system", "/research/run", "/nowhere"])
def test_nobody_is_led_to_the_log_in(address, path):
    with httpx.Client(base_url=address, follow_redirects=True) as nobody:
        answer = nobody.get(path)

    assert answer.url.path == "/login"
    assert "Password" in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_nicegui_ws/socket.io/?EIO=4&transport=polling"),
        ("POST", "/_nicegui/client/x/upload/1"),
        ("POST", "/"),
    ],
)
def test_nobody_reaches_what_is_behind_the_pages(address, method, path):
    assert httpx.request(method, f"{address}{path}").status_code in (401, 403, 404)


def test_a_page_runs_only_scripts_that_carry_its_nonce(client):
    """Every script has the nonce, another one each time; nothing from elsewhere, no frame around us."""
    first, second = client.get("/"), client.get("/")
    policy = first.headers["content-security-policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)[1]
    scripts = re.findall(r"<script(?=[\s>])[^>]*>", first.text)

    assert scripts
    assert all(f'nonce="{nonce}"' in one for one in scripts)
    assert nonce not in second.headers["content-security-policy"]
    assert "'unsafe-inline'" not in policy.split("style-src")[0]
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy
    assert first.headers["x-frame-options"] == "DENY"


def test_a_report_is_framed_by_us_alone_and_can_reach_nothing(client):
    answer = client.get("/api/v1/runs/latest/report")

    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert "sandbox allow-scripts" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(address):
    answer = httpx.post(f"{address}/login", data={"name": "ann", "password": PASSWORD, "after": "/risk"})
    cookies = answer.headers.get_list("set-cookie")

    assert answer.headers["location"] == "/risk"
    assert len(cookies) == 2
    assert all("HttpOnly" in one and "SameSite=strict" in one for one in cookies)
    assert "Path=/session" in next(one for one in cookies if one.startswith("tradewind_renewal"))


@pytest.mark.parametrize(
    "after", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/login"]
)
def test_nobody_is_led_to_another_site(address, after):
    answer = httpx.post(f"{address}/login", data={"name": "ann", "password": PASSWORD, "after": after})

    assert answer.headers["location"] == "/"


def test_a_wrong_password_says_so_and_a_form_of_another_site_is_refused(address):
    wrong = httpx.post(f"{address}/login", data={"name": "rob", "password": "wrong"})
    elsewhere = httpx.post(
        f"{address}/login", data={"name": "ann", "password": PASSWORD}, headers={"origin": "https://evil.example"}
    )

    assert wrong.status_code == 401
    assert "wrong" in wrong.text
    assert elsewhere.status_code == 403
    assert "set-cookie" not in elsewhere.headers


def test_two_pages_that_renew_at_once_stay_logged_in(address):
    """The second gets the answer of the first; a page without our header gets none."""
    with httpx.Client(base_url=address) as one:
        one.post("/login", data={"name": "ann", "password": PASSWORD})
        long = one.cookies["tradewind_renewal"]
        answers = [
            httpx.post(f"{address}/session", headers={"x-tradewind-csrf": "1", "cookie": f"tradewind_renewal={long}"})
            for _ in range(2)
        ]
        bare = httpx.post(f"{address}/session", headers={"cookie": f"tradewind_renewal={long}"})

    assert [answer.status_code for answer in answers] == [204, 204]
    assert answers[0].cookies["tradewind_session"] == answers[1].cookies["tradewind_session"]
    assert bare.status_code == 403


@pytest.mark.parametrize(("path", "status"), [("/api/v1/nowhere", 404), ("/api/v1/login", 405)])
def test_the_api_keeps_its_problems(client, path, status):
    answer = client.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("name", "status"),
    [("../../etc/passwd.csv", 202), ("a.py", 415), (".csv", 415), ("x.pickle", 415), ("a" * 300 + ".csv", 422)],
)
def test_files_come_in_under_names_we_made(client, desk, name, status):
    """A path is cut to its last part; what is no file of prices is refused."""
    headers = {"x-tradewind-csrf": "1", "idempotency-key": f"key-of-{abs(hash(name))}-test"}
    answer = client.post("/api/v1/imports", params={"name": name}, content=b"no prices\n", headers=headers)

    assert answer.status_code == status
    if status == 202:
        assert (desk / "imports" / answer.json()["id"] / "passwd.csv").read_bytes() == b"no prices\n"
        again = client.post("/api/v1/imports", params={"name": name}, content=b"no prices\n", headers=headers)
        assert again.json()["id"] == answer.json()["id"]
