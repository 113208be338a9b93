"""Signatures of deliveries, by the Standard Webhooks specification (standardwebhooks.com).

`v1` is HMAC-SHA256 under the webhook's own secret; during a rotation there are two. `v1a` is
Ed25519 under the service's key, whose public half is at `/.well-known/webhook-keys.json`: with it a
third party can check what a receiver shows, without knowing a secret.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """Make the secret of a webhook: `whsec_` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def sign(
    key: Ed25519PrivateKey, keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes
) -> str:
    """Return the header `webhook-signature`: a `v1` for each secret, then the `v1a`.

    keys: the bytes of the secrets, the present one first. timestamp: seconds since 1970.
    """
    content = b"%s.%d.%s" % (message_id.encode("ascii"), timestamp, body)
    signatures = [f"v1,{_base64(hmac.digest(secret, content, hashlib.sha256))}" for secret in keys]
    return " ".join([*signatures, f"v1a,{_base64(key.sign(content))}"])


def secret_bytes(secret: str) -> bytes:
    """Return the bytes of a `whsec_…`.

    Raises:
        ValueError: it is not one.
    """
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


@lru_cache(maxsize=4)
def service_key(pepper: bytes) -> Ed25519PrivateKey:
    """Derive the service's signing key from its secret, so that every process has the same."""
    seed = HKDF(SHA256(), length=32, salt=None, info=b"answerable webhook signatures v1a")
    return Ed25519PrivateKey.from_private_bytes(seed.derive(pepper))


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Return the public half of a signing key: 32 bytes."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_id(key: Ed25519PrivateKey) -> str:
    """Name a signing key by a hash of its public half."""
    return hashlib.sha256(public_bytes(key)).hexdigest()[:16]


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
