"""One POST: what is sent, what comes of it, and that no receiver can hold it up or lead it astray.

The receivers are real servers on this machine; loopback is opened where they are to be reached.
"""

import asyncio
import gzip
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from email.utils import format_datetime
from ipaddress import ip_network
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.core import clock
from app.core.guard import Guard
from app.webhooks.transport import LONGEST_WAIT, Outcome, Transport
from tests.support.receiver import Answer, know_names, names_hang, receiving

LOOPBACK = Guard((ip_network("127.0.0.0/8"),), allow_http=True)
CLOSED = Guard((), allow_http=True)
OK = b"HTTP/1.1 200 OK\r\n"
DAY = 24 * 3600.0
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def transport(
    guard: Guard = LOOPBACK,
    *,
    timeout: float = 20,
    connect: float = 20,
    tls: ssl.SSLContext | None = None,
) -> Transport:
    return Transport(
        guard, timeout=timeout, user_agent="Answerable/test", connect_timeout=connect, tls=tls
    )


async def send(url: str, sender: Transport | None = None) -> Outcome:
    async with sender or transport() as sending:
        return await sending.post(url, b'{"n":1}', {"Content-Type": "application/json"})


@asynccontextmanager
async def talking(
    talk: Talk, tls: ssl.SSLContext | None = None, receive_buffer: int | None = None
) -> AsyncIterator[int]:
    """Run a server that says what it likes, and yield its port."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the other side has cut it off, as it may, or the test is over
        finally:
            writer.close()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(serve(reader, writer)))

    listener = socket.create_server(("127.0.0.1", 0))
    if receive_buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    async with await asyncio.start_server(connected, sock=listener, ssl=tls, limit=4096):
        yield listener.getsockname()[1]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[int, list[str]]]:
    """Listen on every address of this machine; yield the port and who connected, so far."""
    came: list[str] = []

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(str(writer.get_extra_info("peername")))
        writer.close()

    both = socket.has_dualstack_ipv6()
    listener = socket.create_server(
        ("::" if both else "0.0.0.0", 0),
        family=socket.AF_INET6 if both else socket.AF_INET,
        dualstack_ipv6=both,
    )
    async with await asyncio.start_server(serve, sock=listener):
        yield listener.getsockname()[1], came


def answer(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
    async def give(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, headers=headers, body=body)

    return give


def saying(data: bytes) -> Talk:
    """Read a request, say this, and close."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        await writer.drain()

    return talk


def dripping(first: bytes, drop: bytes) -> Talk:
    """Read a request, say something, and go on for as long as anybody listens."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(first)
        while not writer.is_closing():
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.1)

    return talk


async def test_it_posts_the_bytes_with_the_headers() -> None:
    async with receiving() as receiver, transport() as sending:
        before = clock.now()
        outcome = await sending.post(
            receiver.url("/a?b=%20c"), b'{"n":1}', {"Content-Type": "text/x", "webhook-id": "msg_1"}
        )

    assert outcome.delivered
    assert (outcome.status, outcome.error, outcome.answer) == (204, None, "")
    assert (outcome.retry_after, outcome.disable, outcome.address) == (None, False, "127.0.0.1")
    assert before <= outcome.started_at <= clock.now()
    assert outcome.milliseconds >= 0
    [request] = receiver.requests
    assert (request.method, request.path, request.body) == ("POST", "/a?b=%20c", b'{"n":1}')
    assert request.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "content-type": "text/x",
        "webhook-id": "msg_1",
        "user-agent": "Answerable/test",
        "accept-encoding": "identity",
        "accept": "*/*",
        "content-length": "7",
    }


async def test_connections_are_kept_and_cookies_are_not() -> None:
    peers = set()

    async def give(request: web.BaseRequest) -> web.StreamResponse:
        peers.add(request.transport and request.transport.get_extra_info("peername"))
        return web.Response(text="thanks", headers={"Set-Cookie": "a=b"})

    async with receiving() as receiver, transport() as sending:
        receiver.answer = give
        outcomes = [await sending.post(receiver.url(), b"{}", {}) for _ in range(5)]

    assert [outcome.answer for outcome in outcomes] == ["thanks"] * 5
    assert {outcome.address for outcome in outcomes} == {"127.0.0.1"}
    assert len(peers) == 1
    assert all("cookie" not in request.headers for request in receiver.requests)


async def test_the_caller_bounds_how_many_are_sent_at_once() -> None:
    async with receiving() as receiver, transport() as sending:

        async def give(_: web.BaseRequest) -> web.StreamResponse:
            await receiver.wait_for(150)
            return web.Response()

        receiver.answer = give
        outcomes = await asyncio.gather(
            *(sending.post(receiver.url(), b"{}", {}) for _ in range(150))
        )

    assert all(outcome.delivered for outcome in outcomes)
    assert receiver.most_concurrent == 150


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, None),
        (202, None),
        (299, None),
        (302, "It answered 302; redirects are not followed."),
        (304, "It answered 304."),
        (400, "It answered 400."),
        (410, "It answered 410."),
        (500, "It answered 500."),
        (999, "It answered 999."),
    ],
)
async def test_only_success_counts_as_delivered(status: int, error: str | None) -> None:
    async with receiving() as receiver:
        receiver.answer = answer(status, body=b"why")
        outcome = await send(receiver.url())

    assert outcome.delivered is (error is None)
    assert (outcome.status, outcome.error) == (status, error)
    assert outcome.answer == ("" if status == 304 else "why")


async def test_the_beginning_of_the_answer_is_kept_as_text_that_can_be_stored() -> None:
    async with receiving() as receiver, transport() as sending:
        receiver.answers = {
            "/controls": answer(500, body=b"a\x00b\xffc\x1b[0m\td\r\ne \xe2\x80\xae"),
            "/long": answer(200, body=b"x" + "é".encode() * 3000),
        }
        controls = await sending.post(receiver.url("/controls"), b"", {})
        long = await sending.post(receiver.url("/long"), b"", {})

    assert controls.answer == "a\ufffdb\ufffdc\ufffd[0m\td\r\ne \ufffd"
    assert long.answer == "x" + "é" * 1023  # 2047 bytes; the next character is cut in two


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("86401", DAY),
        ("9" * 4000, DAY),
        ("-1", None),
        ("1.5", None),
        ("+5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
        ("Friday, 31-Dec-99 23:59:59 GMT", None),  # 1999: the obsolete form
        ("Fri Dec 31 23:59:59 9999", DAY),
        ("Fri, 99 Foo 2030 99:99:99 GMT", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -9999", None),
    ],
)
async def test_retry_after_is_read_in_all_its_forms(header: str, seconds: float | None) -> None:
    async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 503 No\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n"
        await saying(head.encode())(reader, writer)

    async with talking(raw) as port:
        outcome = await send(f"http://127.0.0.1:{port}/")

    assert (outcome.status, outcome.retry_after) == (503, seconds)


async def test_retry_after_at_a_time_is_told_in_seconds_from_now() -> None:
    async with receiving() as receiver:
        at = format_datetime(clock.now() + timedelta(hours=2), usegmt=True)
        receiver.answer = answer(429, {"Retry-After": at})
        outcome = await send(receiver.url())

    assert outcome.retry_after is not None
    assert 3600 < outcome.retry_after <= 7200 < LONGEST_WAIT


@pytest.mark.parametrize(
    ("headers", "disable"),
    [
        ({"webhook-delivery": "disable"}, True),
        ({"Webhook-Delivery": "DISABLE "}, True),
        ({"webhook-delivery": "enable"}, False),
        ({"webhook-delivery": ""}, False),
    ],
)
async def test_a_receiver_may_ask_to_be_left_alone(headers: dict[str, str], disable: bool) -> None:
    async with receiving() as receiver:
        receiver.answer = answer(200, headers)

        assert (await send(receiver.url())).disable is disable


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(status: int) -> None:
    async with receiving() as receiver, listening() as (port, came):
        receiver.answer = answer(status, {"Location": f"http://127.0.0.1:{port}/"})
        outcome = await send(receiver.url())

    assert outcome.error == f"It answered {status}; redirects are not followed."
    assert len(receiver.requests) == 1
    assert came == []


async def test_an_answer_that_drips_its_headers_is_given_up() -> None:
    async with talking(dripping(OK, b"x")) as port:
        outcome = await send(f"http://127.0.0.1:{port}/", transport(timeout=0.5))

    assert outcome.status is None
    assert outcome.error == "It did not answer completely within 0.5 s."
    assert outcome.address == "127.0.0.1"


async def test_an_answer_that_drips_its_body_is_given_up() -> None:
    head = OK + b"webhook-delivery: disable\r\nContent-Length: 9999\r\n\r\n"
    async with talking(dripping(head, b"x")) as port:
        outcome = await send(f"http://127.0.0.1:{port}/", transport(timeout=1))

    assert (outcome.status, outcome.delivered, outcome.disable) == (200, False, True)
    assert outcome.error == "It did not answer completely within 1 s."


async def test_a_refusal_that_drips_its_body_is_still_a_refusal() -> None:
    head = b"HTTP/1.1 410 Gone\r\nContent-Length: 9999\r\n\r\n"
    async with talking(dripping(head, b"x")) as port:
        outcome = await send(f"http://127.0.0.1:{port}/", transport(timeout=1))

    assert (outcome.status, outcome.error) == (410, "It answered 410.")


async def test_endless_interim_answers_are_given_up() -> None:
    async with talking(dripping(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n")) as port:
        outcome = await send(f"http://127.0.0.1:{port}/", transport(timeout=0.5))

    assert outcome.error == "It did not answer completely within 0.5 s."


async def test_a_receiver_that_does_not_read_is_given_up() -> None:
    async def talk(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with talking(talk, receive_buffer=4096) as port, transport(timeout=0.5) as sending:
        outcome = await sending.post(f"http://127.0.0.1:{port}/", bytes(1_000_000), {})

    assert outcome.error == "It did not answer completely within 0.5 s."


async def test_a_huge_answer_is_cut_off_and_counts() -> None:
    sent = 0
    ended = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"Content-Length: 100000000\r\n\r\n")
        try:
            while sent < 100_000_000:
                writer.write(b"x" * 10_000)
                await writer.drain()
                sent += 10_000
        finally:
            ended.set()

    async with talking(talk) as port:
        outcome = await send(f"http://127.0.0.1:{port}/")
        await ended.wait()

    assert outcome.delivered
    assert outcome.answer == "x" * 2048
    assert sent < 20_000_000  # what fits into the buffers of both sockets


async def test_an_answer_of_many_small_chunks_is_cut_off_and_counts() -> None:
    chunked = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    async with talking(dripping(chunked, b"1\r\nx\r\n" * 5000)) as port:
        outcome = await send(f"http://127.0.0.1:{port}/")

    assert outcome.delivered
    assert outcome.answer == "x" * 2048


async def test_a_compressed_answer_is_not_expanded() -> None:
    bomb = gzip.compress(bytes(10_000_000))[:8000]
    head = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    async with talking(saying(head + bomb)) as port:
        outcome = await send(f"http://127.0.0.1:{port}/")

    assert outcome.delivered
    assert outcome.answer[0] == "\ufffd"  # 1f 8b 08, as it came
    assert len(outcome.answer) <= 2048


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "Its answer is not valid HTTP."),
        (b"\x00\x01\x02\x03" * 100, "Its answer is not valid HTTP."),
        (b"HTTP/1.1 two hundred\r\n\r\n", "Its answer is not valid HTTP."),
        (OK + b"X: " + b"x" * 10_000 + b"\r\n\r\n", "Its answer is not valid HTTP."),
        (OK + b"X: x\r\n" * 1000 + b"\r\n", "Its answer is not valid HTTP."),
        (b"", "It closed the connection without an answer."),
        (b"HTTP/1.1 200 OK\r\nX", "It closed the connection without an answer."),
        (OK + b"Content-Length: 9\r\n\r\nx", "It broke off in the middle of its answer."),
        (
            OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nx",
            "It broke off in the middle of its answer.",
        ),
    ],
)
async def test_what_is_no_complete_answer_is_an_error(data: bytes, error: str) -> None:
    async with talking(saying(data)) as port:
        outcome = await send(f"http://127.0.0.1:{port}/")

    assert not outcome.delivered
    assert outcome.error == error


async def test_a_change_of_protocol_is_not_gone_along_with() -> None:
    switch = b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    async with talking(dripping(switch, b"x")) as port:
        outcome = await send(f"http://127.0.0.1:{port}/", transport(timeout=1))

    assert (outcome.status, outcome.error) == (101, "It answered 101.")


async def test_a_connection_that_is_closed_at_once_is_an_error() -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with talking(talk) as port:
        outcome = await send(f"http://127.0.0.1:{port}/")

    assert outcome.error == "It closed the connection without an answer."


async def test_a_refused_connection_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    outcome = await send(f"http://127.0.0.1:{port}/")

    assert (outcome.status, outcome.address) == (None, None)
    assert outcome.error == "It refused the connection."


async def test_a_connection_that_does_not_come_about_is_given_up() -> None:
    async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()  # no handshake

    async with talking(talk) as port:
        outcome = await send(f"https://127.0.0.1:{port}/", transport(connect=0.3))

    assert outcome.error == "No connection could be made within 0.3 s."


async def test_an_unknown_name_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    know_names(monkeypatch, {})

    outcome = await send("http://nowhere.example/")

    assert outcome.error == "The name nowhere.example could not be resolved."


async def test_a_look_up_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with names_hang(monkeypatch):
        outcome = await send("http://slow.example/", transport(connect=0.3))

    assert outcome.error == "No connection could be made within 0.3 s."


async def test_look_ups_that_hang_hold_up_neither_others_nor_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with receiving() as receiver:
        with names_hang(monkeypatch):
            async with transport(timeout=60, connect=60) as sending:
                urls = [f"http://n{number}.example/" for number in range(40)]
                slow = [asyncio.create_task(sending.post(url, b"", {})) for url in urls]
                outcome = await sending.post(receiver.url(), b"", {})
            ended = await asyncio.gather(*slow, return_exceptions=True)

    assert outcome.delivered
    assert all(isinstance(one, asyncio.CancelledError) for one in ended)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "[::]",
        "0.0.0.0",
        "169.254.169.254",
        "10.0.0.1",
        "100.64.0.1",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fec0::1]",
        "[ff02::1]",
        "[fe80::1%25lo]",
    ],
)
async def test_what_the_guard_refuses_is_not_dialled(host: str) -> None:
    async with listening() as (port, came):
        url = f"http://{host}:{port}/"
        outcome = await send(url, transport(CLOSED, timeout=2))

    assert outcome.error is not None
    assert outcome.error == CLOSED.check_url(url)
    assert (outcome.status, outcome.address) == (None, None)
    assert came == []


async def test_plain_http_is_not_dialled_once_it_is_no_longer_allowed() -> None:
    async with listening() as (port, came):
        strict = Guard(LOOPBACK.opened, allow_http=False)
        outcome = await send(f"http://127.0.0.1:{port}/", transport(strict))

    assert (outcome.error or "").startswith("Use https://")
    assert came == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%lo"],
        ["127.0.0.1", "127.0.0.2", "127.0.0.3"],
        ["127.0.0.1", "::1", "10.0.0.1", "fd00::1"],
        ["64:ff9b::7f00:1", "169.254.169.254"],
        ["127.0.0.1"] * 500,
    ],
)
async def test_a_name_that_leads_to_refused_addresses_is_not_dialled(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    know_names(monkeypatch, {"rebound.example": addresses})

    async with listening() as (port, came):
        outcome = await send(f"http://rebound.example:{port}/", transport(CLOSED))

    told = "rebound.example leads to what is not a public address; nothing is sent there."
    assert outcome.error == told
    assert (outcome.status, outcome.address) == (None, None)
    assert came == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.5", "127.0.0.1"],
        ["127.0.0.1", "10.0.0.5"],
        ["::1", "127.0.0.1"],
        ["fd00::1", "10.0.0.5", "10.0.0.6", "127.0.0.1"],
    ],
)
async def test_of_several_addresses_an_allowed_one_is_dialled(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    know_names(monkeypatch, {"several.example": addresses})

    async with receiving() as receiver:
        outcome = await send(f"http://several.example:{receiver.port}/")

    assert outcome.delivered
    assert outcome.address == "127.0.0.1"
    assert receiver.requests[0].headers["host"] == f"several.example:{receiver.port}"


async def test_a_refused_address_is_named_beside_one_that_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    know_names(monkeypatch, {"several.example": ["10.0.0.5", "127.0.0.1"]})
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    outcome = await send(f"http://several.example:{port}/")

    assert not outcome.delivered
    assert outcome.error in (
        "10.0.0.5 is not a public address; nothing is sent there.",
        "It refused the connection.",
    )


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as receiver, listening() as (port, came):
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        outcome = await send(receiver.url())

    assert outcome.delivered
    assert came == []


def certify(folder: Path, *, days: int = 1) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate for 127.0.0.1; return what a server needs and who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(clock.now() - timedelta(days=9))
        .not_valid_after(clock.now() + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(secret + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


ANSWER = saying(OK + b"Content-Length: 2\r\nConnection: close\r\n\r\nok")


async def test_it_speaks_tls_with_a_receiver_that_can_be_trusted(tmp_path: Path) -> None:
    server, trusting = certify(tmp_path)

    async with talking(ANSWER, server) as port:
        outcome = await send(f"https://127.0.0.1:{port}/", transport(tls=trusting))

    assert (outcome.error, outcome.answer, outcome.address) == (None, "ok", "127.0.0.1")


async def test_a_certificate_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, trusting = certify(tmp_path)
    know_names(monkeypatch, {"other.example": ["127.0.0.1"]})

    async with talking(ANSWER, server) as port:
        unknown = await send(f"https://127.0.0.1:{port}/")
        other = await send(f"https://other.example:{port}/", transport(tls=trusting))
    server, trusting = certify(tmp_path, days=-1)
    async with talking(ANSWER, server) as port:
        expired = await send(f"https://127.0.0.1:{port}/", transport(tls=trusting))

    assert unknown.error == "Its TLS certificate is not valid: self-signed certificate."
    assert other.error is not None
    assert other.error.startswith("Its TLS certificate is not valid: Hostname mismatch")
    assert expired.error == "Its TLS certificate is not valid: certificate has expired."


async def test_a_server_without_tls_is_an_error_over_https() -> None:
    async with receiving() as receiver:
        outcome = await send(receiver.url().replace("http:", "https:"))

    assert outcome.error is not None
    assert outcome.error.startswith("No TLS connection could be made: ")
    assert receiver.requests == []


async def test_headers_that_cannot_be_sent_are_told_and_not_raised() -> None:
    async with receiving() as receiver, transport() as sending:
        outcome = await sending.post(receiver.url(), b"", {"X": "a\r\nY: b"})

    assert outcome.error == "It could not be sent: ValueError."
    assert receiver.requests == []


async def test_a_cancellation_is_not_held_back() -> None:
    async with receiving() as receiver, transport() as sending:

        async def give(_: web.BaseRequest) -> web.StreamResponse:
            await asyncio.sleep(30)
            return web.Response()

        receiver.answer = give
        sent = asyncio.create_task(sending.post(receiver.url(), b"", {}))
        await receiver.wait_for(1)
        sent.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sent


async def test_the_receiver_says_how_many_came() -> None:
    async with receiving() as receiver:
        await send(receiver.url())
        with pytest.raises(AssertionError, match="1 of 2 requests came"):
            await receiver.wait_for(2, seconds=0.05)
