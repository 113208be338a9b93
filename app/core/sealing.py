"""Encryption of what must be stored but not be readable in a stolen copy of the database.

The key is derived from the service's secret (the pepper), which is not in the database, and from
what it is for, so that one purpose's key opens nothing of another's.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken


class Unreadable(Exception):
    """What was sealed cannot be opened: it was sealed under another secret."""


def seal(secret: bytes, purpose: str, plain: bytes) -> bytes:
    """Encrypt and authenticate some bytes."""
    return _cipher(secret, purpose).encrypt(plain)


def unseal(secret: bytes, purpose: str, sealed: bytes) -> bytes:
    """Decrypt what `seal` made.

    Raises:
        Unreadable: the secret is another one than it was sealed with.
    """
    try:
        return _cipher(secret, purpose).decrypt(sealed)
    except InvalidToken:
        raise Unreadable from None


def _cipher(secret: bytes, purpose: str) -> Fernet:
    digest = hashlib.sha256(purpose.encode() + b"\0" + secret).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
