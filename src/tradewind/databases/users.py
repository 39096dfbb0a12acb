"""Users that services log in as; their passwords stay in the folder of secrets, the server gets what checks them."""

from pathlib import Path
from typing import Any

from sqlalchemy import text

from tradewind.adapters.address import Address
from tradewind.adapters.brokers.tokens import Token, read_token
from tradewind.databases.rights import SERVICES, group_of
from tradewind.errors import BadSettings


def secrets_of(address: Address, secrets: Path) -> dict[str, Token]:
    """Return the passwords of the services' users at a kind of server, as far as files hold them."""
    paths = {service: secrets / f"{address.scheme}-{service}" for service in SERVICES}
    return {service: read_token(path) for service, path in paths.items() if path.exists()}


def change_password(address: Address, user: str, new: str) -> None:
    """The server knows the user by another password; `address` is that of who may change it."""
    from tradewind.databases.opening import opened  # noqa: PLC0415 - opening reads rights, which read this

    with opened(address) as connection:
        raw = connection.connection.driver_connection.pgconn  # type: ignore[union-attr]  # it has just been made
        proof = raw.encrypt_password(new.encode(), user.encode(), b"scram-sha-256").decode()
        connection.exec_driver_sql(f"ALTER ROLE \"{user}\" PASSWORD '{proof}'")
        connection.commit()


def make_users(connection: Any, passwords: dict[str, Token]) -> list[str]:
    """Each service with a password can log in and has its rights; return those that cannot. Nothing is committed."""
    there = set(connection.scalars(text("SELECT rolname FROM pg_roles")))
    raw = connection.connection.driver_connection.pgconn
    for service, password in passwords.items():
        if service not in there:
            connection.execute(text(f"CREATE ROLE {service}"))
        # Encrypted here, so that the password stands in no statement and no log of the server.
        proof = raw.encrypt_password(password.revealed().encode(), service.encode(), b"scram-sha-256").decode()
        connection.exec_driver_sql(f"ALTER ROLE {service} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{proof}'")
        connection.execute(text(f"GRANT {group_of(service)} TO {service}"))
    return [service for service in SERVICES if service not in passwords]


def agree(addresses: list[Address], secrets: Path) -> None:
    """Two databases of one server have the same users: their files must hold the same passwords."""
    first: dict[tuple[str, int], Address] = {}
    for address in addresses:
        other = first.setdefault((address.host, address.port), address)
        ours, theirs = secrets_of(address, secrets), secrets_of(other, secrets)
        for service in ours.keys() & theirs.keys():
            if ours[service].revealed() != theirs[service].revealed():
                raise BadSettings(
                    f"{other.scheme}-{service} and {address.scheme}-{service} in {secrets} hold different passwords,"
                    f" but both databases are on one server, {address.host}:{address.port}, which has one {service}.",
                    "Copy one file over the other.",
                )
