"""The keys of a running server, by a key of the scope `admin` (`answerable keys … --url`)."""

from typing import Any

from app.auth.schemas import CompromiseCreate, CompromiseRead, KeyCreate, KeyRead
from app.commands.common import Failure
from app.commands.remote import Remote, path_of


def create(url: str, new: KeyCreate) -> str:
    """Make a key, and return its secret."""
    with Remote(url) as server:
        return _secret(server.post(path_of("keys"), new.model_dump(mode="json")).json())


def every(url: str) -> list[KeyRead]:
    """Return all keys, oldest first."""
    with Remote(url) as server:
        return [KeyRead.model_validate(one) for one in server.every(path_of("keys"))]


def revoke(url: str, reference: str) -> str:
    """Revoke a key, named by its id or name, and return its name."""
    with Remote(url) as server:
        key = _named(server, reference)
        server.delete(path_of("keys", key.id))
    return key.name


def rotate(url: str, reference: str, overlap_hours: int) -> str:
    """Give a key, named by its id or name, a new secret, and return it."""
    with Remote(url) as server:
        path = path_of("keys", _named(server, reference).id, "rotate")
        return _secret(server.post(path, {"overlap_hours": overlap_hours}).json())


def compromised(url: str, reference: str, report: CompromiseCreate) -> CompromiseRead:
    """Report a key, named by its id or name, stolen."""
    with Remote(url) as server:
        path = path_of("keys", _named(server, reference).id, "compromised")
        answer = server.post(path, report.model_dump(mode="json"))
        return CompromiseRead.model_validate(answer.json())


def _named(server: Remote, reference: str) -> KeyRead:
    """Return a key by its id or name.

    Raises:
        Failure: there is none.
    """
    for one in server.every(path_of("keys")):
        if reference in {one["id"], one["name"]}:
            return KeyRead.model_validate(one)
    raise Failure(f"There is no key {reference!r} at {server.url}.")


def _secret(made: dict[str, Any]) -> str:
    return str(made["key"])
