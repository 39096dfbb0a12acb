"""In a container the server listens at the container's address, and answers no further than this machine."""

from ipaddress import ip_network

import pytest

from tradewind.errors import BadSettings
from tradewind.services import listening
from tradewind.settings import Api

EVERYWHERE = "0.0.0.0"  # noqa: S104 - what a container has to listen at
ROUTES = """Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t016433C6\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t006433C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth1\t0000A80A\t016433C6\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0
"""
"""A container at 198.51.100.0/24 whose way out is 198.51.100.1, as Linux shows it, the smallest byte first."""


def test_only_a_container_listens_beyond_this_machine_without_a_certificate(tmp_path, monkeypatch):
    wanted = Api(host=EVERYWHERE, container=True)
    monkeypatch.setattr(listening, "MARKS", (tmp_path / "mark",))
    with pytest.raises(BadSettings, match="this is no container"):
        listening.check(wanted)

    (tmp_path / "mark").touch()
    listening.check(wanted)
    with pytest.raises(BadSettings, match="not this machine alone"):
        listening.check(Api(host=EVERYWHERE))


def test_it_answers_the_networks_it_is_attached_to_and_none_behind_a_gateway(tmp_path):
    (tmp_path / "route").write_text(ROUTES)
    wanted = Api(host=EVERYWHERE, container=True)

    assert [str(one) for one in listening.peers(wanted, tmp_path / "route")] == ["127.0.0.0/8", "198.51.100.0/24"]
    assert listening.peers(Api(host="192.0.2.1", certificate="c", key="k")) == ()


def test_a_table_that_cannot_be_read_leaves_this_machine(tmp_path):
    wanted = Api(host=EVERYWHERE, container=True)

    assert [str(one) for one in listening.peers(wanted, tmp_path / "none")] == ["127.0.0.0/8"]


@pytest.mark.parametrize(
    ("peer", "status"),
    [("198.51.100.1", 200), ("127.0.0.1", 200), ("::1", 200), ("192.0.2.20", 403), ("203.0.113.9", 403), ("x", 403)],
)
def test_whoever_comes_from_elsewhere_is_refused(hands, peer, status):
    """As when the port was published to all the world: callers show their own addresses."""
    hands.app.edge["peers"] = (ip_network("127.0.0.0/8"), ip_network("198.51.100.0/24"))

    assert hands.client(address=peer).get("/livez").status_code == status
