"""A real server, and clients that send it bytes as no library would."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parent.parent.parent
HOST = b"Host: 127.0.0.1\r\n"
JSON = HOST + b"Content-Type: application/json\r\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server on a fresh SQLite file."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    environment = os.environ | {
        "ANSWERABLE_DATABASE_URL": f"sqlite:///{folder / 'record.db'}",
        "ANSWERABLE_PORT": str(port),
        "ANSWERABLE_BODY_TIMEOUT": "0.5",
        "ANSWERABLE_RATE_LIMITS": "off",
    }
    command = [sys.executable, "-m", "app.cli"]
    subprocess.run(
        [*command, "migrate"], cwd=ROOT, env=environment, check=True, capture_output=True
    )
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*command, "serve"], cwd=ROOT, env=environment, stderr=log)
    try:
        for _ in range(200):
            if server.poll() is not None or is_up(port):
                break
            time.sleep(0.05)
        assert is_up(port), (folder / "log").read_text()
        yield port
    finally:
        server.terminate()
        server.wait(20)


def is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).is_success
    except httpx.HTTPError:
        return False


def talk(port: int, *pieces: bytes) -> bytes:
    """Send pieces and return all that comes back until the server closes or falls silent."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.settimeout(1.5)
        try:
            for piece in pieces:
                connection.sendall(piece)
            while chunk := connection.recv(65536):
                answer += chunk
        except (TimeoutError, ConnectionError):
            pass
    return answer


def get(target: bytes, headers: bytes = HOST) -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\n" + headers + b"Connection: close\r\n\r\n"


def post(body: bytes, headers: bytes = JSON) -> bytes:
    length = b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
    return b"POST /v1/companies HTTP/1.1\r\n" + headers + length + body


REFUSED = {
    "raw UTF-8 in the path": get("/v1/companies/é".encode()),
    "raw bytes in the path": get(b"/v1/companies/\xff\xfe"),
    "raw bytes in the query": get(b"/v1/questions?company=\xff\xfe"),
    "raw UTF-8 in the query": get("/v1/questions?company=é".encode()),
    "a raw NUL in the path": get(b"/v1/companies/a\x00b"),
    "a NUL in a header": get(b"/v1/questions", HOST + b"X-Request-Id: a\x00b\r\n"),
    "raw bytes in Authorization": get(b"/v1/keys", HOST + b"Authorization: Bearer \xff\xfe\r\n"),
    "a bad escape": get(b"/v1/companies/%zz"),
    "%00": get(b"/v1/companies/%00"),
    "overlong UTF-8": get(b"/v1/companies/%C0%80"),
    "a path of 200,000 bytes": get(b"/v1/" + b"a" * 200_000),
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a bad request line": b"GET\r\n\r\n",
    "an unknown method": b"BREW /v1/questions HTTP/1.1\r\n" + HOST + b"\r\n",
    "an absolute target": get(b"http://[::1/v1/questions"),
    "a target that is no path": get(b"*"),
    "a negative length": b"POST /v1/companies HTTP/1.1\r\n"
    + JSON
    + b"Content-Length: -1\r\n\r\n{}",
    "a huge length": b"POST /v1/companies HTTP/1.1\r\n"
    + JSON
    + b"Content-Length: 99999999999999999999999999\r\n\r\n{}",
    "two lengths": b"POST /v1/companies HTTP/1.1\r\n"
    + JSON
    + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "a length and chunks": b"POST /v1/companies HTTP/1.1\r\n"
    + JSON
    + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks of no size": b"POST /v1/companies HTTP/1.1\r\n"
    + JSON
    + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a body that never comes": b"POST /v1/companies HTTP/1.1\r\n"
    + JSON
    + b"Content-Length: 20\r\n\r\n{",
    "raw surrogates in a body": post(b'{"name": "\xed\xa0\x80"}'),
    "100,000 brackets": post(b"[" * 100_000),
    "a body of 300 KiB": post(b" " * 300 * 1024),
    "no content type": post(b"{}", HOST),
    "no key": post(b'{"name": "Example"}'),
}


def test_hostile_bytes_are_refused_and_the_server_goes_on(port: int) -> None:
    for name, sent in REFUSED.items():
        answer = talk(port, sent)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), f"{name}: {answer[:300]!r}"
        assert b"Traceback" not in answer
        assert is_up(port), name


def test_a_large_body_in_chunks_is_refused_before_its_end(port: int) -> None:
    head = b"POST /v1/companies HTTP/1.1\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n"
    piece = b"4000\r\n" + b" " * 0x4000 + b"\r\n"

    answer = talk(port, head, *[piece] * 20)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in answer


def test_a_body_that_drips_is_given_up(port: int) -> None:
    head = b"POST /v1/companies HTTP/1.1\r\n" + JSON + b"Content-Length: 100\r\n\r\n"

    assert talk(port, head, b"{").startswith(b"HTTP/1.1 408 ")


def test_a_second_request_on_a_refused_connection_is_not_mixed_up_with_the_first(
    port: int,
) -> None:
    body = b"x" * 300_000
    first = b"POST /v1/companies HTTP/1.1\r\n" + JSON + b"Content-Length: 300000\r\n\r\n" + body

    answer = talk(port, first, get(b"/healthz"))

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.count(b"HTTP/1.1 ") <= 2
    if answer.count(b"HTTP/1.1 ") == 2:
        assert answer.endswith(b'{"status":"ok"}')


def test_head_has_the_headers_of_get_and_no_body(port: int) -> None:
    got = talk(port, get(b"/v1/questions"))
    head = talk(port, get(b"/v1/questions").replace(b"GET", b"HEAD", 1))

    headers, _, body = head.partition(b"\r\n\r\n")
    assert body == b""
    length = next(line for line in got.split(b"\r\n") if line.startswith(b"content-length"))
    assert length in headers
