"""The key that an `Authorization` header presents (RFC 6750, RFC 7617)."""

import base64
import binascii

from app.core.errors import Unauthenticated


def presented(header: str) -> str:
    """Return the key of a header, whatever its form: Bearer, or the password of HTTP Basic.

    Raises:
        Unauthenticated: there is none in it.
    """
    scheme, _, value = header.partition(" ")
    value = value.strip()
    if scheme.lower() == "bearer" and value:
        return value
    if scheme.lower() == "basic":
        try:
            _, _, password = base64.b64decode(value, validate=True).decode("ascii").partition(":")
        except (binascii.Error, ValueError):
            raise Unauthenticated("The Authorization header is not valid HTTP Basic.") from None
        return password
    raise Unauthenticated("Send your key as `Authorization: Bearer ans_live_…`.")
