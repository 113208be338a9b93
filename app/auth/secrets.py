"""The form of an API key: `ans_live_<8>_<32><6>`.

Eight characters find the key in the database, thirty-two are the secret, six are a CRC-32 that
tells a mistyped key before the database is asked. Only a hash, keyed with the pepper, is stored.
"""

import contextlib
import hashlib
import hmac
import os
import re
import secrets
import string
import zlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from app.core.settings import Settings

ALPHABET = string.digits + string.ascii_letters
FORM = re.compile(r"^ans_live_([0-9A-Za-z]{8})_[0-9A-Za-z]{32}([0-9A-Za-z]{6})$", re.ASCII)


@dataclass(frozen=True)
class Secret:
    """A key as its owner sees it, and the part by which it is looked up."""

    text: str
    prefix: str


def generate() -> Secret:
    """Make a new key."""
    prefix = "".join(secrets.choice(ALPHABET) for _ in range(8))
    body = f"ans_live_{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(32))
    return Secret(text=body + _checksum(body), prefix=prefix)


def parse(text: str) -> Secret | None:
    """Read a key; None when its form or its checksum is wrong."""
    match = FORM.fullmatch(text)
    if match is None or not hmac.compare_digest(_checksum(text[:-6]), match[2]):
        return None
    return Secret(text=text, prefix=match[1])


def digest(secret: Secret, pepper: bytes) -> str:
    """Return the hash that is stored."""
    return hmac.digest(pepper, secret.text.encode("ascii"), hashlib.sha256).hex()


def _checksum(text: str) -> str:
    number = zlib.crc32(text.encode("ascii"))
    digits = []
    for _ in range(6):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def load_pepper(settings: Settings) -> bytes:
    """Return the pepper: from the settings, or for SQLite from the file beside the database.

    The file is made, readable by its owner only, when there is none.

    Raises:
        RuntimeError: PostgreSQL is used and no pepper is set.
    """
    if settings.pepper is not None:
        return settings.pepper.get_secret_value().encode()
    database = make_url(settings.database_url).database
    if not settings.is_sqlite or not database:
        raise RuntimeError(
            "Set ANSWERABLE_PEPPER to a secret of at least 32 characters, the same for every"
            " process: it keys the stored hashes of API keys. For example:\n"
            '  export ANSWERABLE_PEPPER="$(python3 -c '
            "'import secrets; print(secrets.token_urlsafe(48))')\""
        )
    path = Path(f"{database}.pepper")
    if not path.exists():
        _create(path)
    return path.read_bytes().strip()


def _create(path: Path) -> None:
    """Write a new pepper so that a second process sees all of it or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
