"""A running server, as commands talk to it: its address, the key, retries, and what went wrong."""

import json
import netrc
import os
import sys
import time
import uuid
from collections.abc import Container, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx

from app.commands.common import Failure
from app.core.settings import Settings

JSON = ("application/json", "application/problem+json")
TRIES = 4
LONGEST_WAIT = 60
"""Seconds. Who is asked to wait longer is told so, and comes back later."""
TIMEOUT = httpx.Timeout(60, connect=10)
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104, what is listened on is not dialled
Params = Mapping[str, str | int | bool | None]


class Bearer(httpx.Auth):
    """The key of ANSWERABLE_KEY."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the key along."""
        request.headers["Authorization"] = f"Bearer {self._key}"
        yield request


def path_of(*parts: str | int) -> str:
    """Return the path of a resource, such as `/v1/questions/SLUG`, from its parts."""
    return "/".join(["/v1", *(quote(str(part), safe="") for part in parts)])


def address(url: str) -> str:
    """Return where the server is: as given, or by the settings of this machine.

    Raises:
        Failure: what was given is no address.
    """
    if not url:
        settings = Settings()
        host = ANYWHERE.get(settings.host, settings.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    try:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0:
            return url.rstrip("/")
    except ValueError:  # no port, or no IPv6 address, is written like this
        pass
    raise Failure(f"--url: {url!r} is no address. Give one such as https://record.example.org")


def auth_of_environment() -> httpx.Auth | None:
    """Return the key of ANSWERABLE_KEY, else of ~/.netrc; None where there is none.

    Raises:
        Failure: ~/.netrc cannot be read.
    """
    if key := os.environ.get("ANSWERABLE_KEY"):
        if not (key.isascii() and key.isprintable()):
            raise Failure("ANSWERABLE_KEY is no key: it has characters that no key has.")
        return Bearer(key)
    try:
        return httpx.NetRCAuth()
    except FileNotFoundError:
        return None
    except (OSError, netrc.NetrcParseError) as error:
        raise Failure(f"~/.netrc cannot be used: {error}") from None


class Remote:
    """The server at an address, for one command.

    Whatever can be sent twice with no harm (reads, and every POST, by its Idempotency-Key) is sent
    again when the server is busy, as soon as it says that it may be.
    """

    def __init__(self, url: str, *, timeout: httpx.Timeout = TIMEOUT, patient: bool = True) -> None:
        self.url = address(url)
        self._timeout = timeout
        self._tries = TRIES if patient else 1
        try:
            self._client = httpx.Client(
                base_url=self.url, auth=auth_of_environment(), follow_redirects=True
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise Failure(f"--url: {url!r} is no address: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, params: Params | None = None) -> httpx.Response:
        """Read something.

        Raises:
            Failure: the server does not answer, or answers with a problem.
        """
        return self._send("GET", path, params=params)

    def post(self, path: str, body: Any = None, *, dry_run: bool = False) -> httpx.Response:
        """Have something made or done, once. Raises as `get` does."""
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        return self._send("POST", path, params=_dry(dry_run), body=body, headers=headers)

    def upload(
        self, path: str, content: bytes, fields: Mapping[str, str], *, dry_run: bool = False
    ) -> httpx.Response:
        """Send a file, once, to be worked on in the background.

        Returns the answer, or the refusal (422) of what stands in it. Else raises as `get` does.
        """
        headers = {"Idempotency-Key": uuid.uuid4().hex, "Prefer": "respond-async"}
        form = {"files": {"file": ("file", content)}, "data": fields}
        return self._send(
            "POST", path, params=_dry(dry_run), form=form, headers=headers, refusals={422}
        )

    def edit(self, path: str, body: Any, *, dry_run: bool = False) -> httpx.Response:
        """Read something, and change it if nobody has meanwhile. Raises as `get` does."""
        read = self.get(path)
        headers = {"If-Match": read.headers.get("ETag", "")}
        return self._send("PATCH", read.url.path, params=_dry(dry_run), body=body, headers=headers)

    def delete(self, path: str, *, dry_run: bool = False) -> httpx.Response:
        """Take something away. Raises as `get` does."""
        return self._send("DELETE", path, params=_dry(dry_run))

    def every(self, path: str, params: Params | None = None) -> Iterator[dict[str, Any]]:
        """Yield everything that a list has, page by page. Raises as `get` does."""
        asked: dict[str, str | int | bool | None] = {**(params or {})}
        while True:
            page = self.get(path, asked).json()
            yield from page["data"]
            if not page["has_more"]:
                return
            asked["cursor"] = page["next_cursor"]

    @contextmanager
    def streaming(
        self,
        path: str,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: httpx.Timeout = TIMEOUT,
    ) -> Iterator[httpx.Response]:
        """Open an answer to be read piece by piece. Raises as `get` does."""
        request = self._request("GET", path, params=params, headers=headers, timeout=timeout)
        with self._said_well():
            response = self._client.send(request, stream=True)
            try:
                if response.is_error:
                    response.read()
                    raise Failure(self._told(response))
                yield response
            finally:
                response.close()

    def _request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Any = None,
        form: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: httpx.Timeout | None = None,
    ) -> httpx.Request:
        given = {name: value for name, value in (params or {}).items() if value is not None}
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        return self._client.build_request(
            method,
            path,
            params=given,
            content=content,
            headers={**kind, **(headers or {})},
            timeout=timeout or self._timeout,
            **(form or {}),
        )

    def _send(
        self, method: str, path: str, *, refusals: Container[int] = (), **given: Any
    ) -> httpx.Response:
        request = self._request(method, path, **given)
        repeatable = method in {"GET", "POST"}
        with self._said_well():
            for left in reversed(range(self._tries)):
                response = self._client.send(request)
                wait = _wait(response)
                if not (repeatable and left and wait is not None):
                    break
                print(f"The server is busy; trying again in {wait} s.", file=sys.stderr)
                time.sleep(wait)
        if response.is_error and response.status_code not in refusals:
            raise Failure(self._told(response))
        kind = response.headers.get("Content-Type", "nothing that it names")
        if response.content and kind.partition(";")[0] not in JSON:
            raise Failure(
                f"{response.url} answered with {kind} and not JSON: is this the address of the"
                " service?"
            )
        return response

    @contextmanager
    def _said_well(self) -> Iterator[None]:
        try:
            yield
        except httpx.ConnectError as error:
            raise Failure(
                f"Nothing answers at {self.url} ({error}). Start the server there (`answerable"
                " serve`), or say where it is with --url or ANSWERABLE_URL."
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = str(error) or type(error).__name__
            raise Failure(f"{self.url} did not answer as it should: {said}") from None

    def _told(self, response: httpx.Response) -> str:
        told = problem(response)
        if response.status_code == 401 and "Authorization" not in response.request.headers:
            told += "\n  No key was sent: set ANSWERABLE_KEY, or name the host in ~/.netrc."
        return told


def problem(response: httpx.Response) -> str:
    """Return what a problem (RFC 9457) says, with the place of every fault."""
    try:
        said = response.json()
        told = f"{said['title']} ({said['status']}): {said['detail']}"
        faults = [f"  {one['pointer']}: {one['detail']}" for one in said.get("errors") or []]
        several = faults if len(faults) > 1 else []  # a single one is told already
        return "\n".join([told, *several, f"  request {said['request_id']}"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return f"{response.url} answered {response.status_code} {response.reason_phrase}."


def _dry(dry_run: bool) -> Params:
    return {"dry_run": True} if dry_run else {}


def _wait(response: httpx.Response) -> int | None:
    """Return the seconds to wait before trying again; None when there is no use in it."""
    if response.status_code not in {429, 503}:
        return None
    asked = response.headers.get("Retry-After", "1")
    seconds = int(asked) if asked.isascii() and asked.isdigit() else 1
    return max(seconds, 1) if seconds <= LONGEST_WAIT else None
