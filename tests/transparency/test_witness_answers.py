"""Answers of witnesses that are no cosignature: refusals, forgeries, and none in time."""

import base64
import gzip
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
from aiohttp import web

from app.transparency import witnesses
from app.transparency.notes import Signer
from app.transparency.witnesses import Conflict, Unavailable
from tests.support.witness import (
    ORIGIN,
    Answer,
    Cosigner,
    Log,
    WitnessServer,
    answering,
    assert_cosigned,
    cosign,
    dripping,
    hanging,
    old_sizes,
    witnessing,
)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
async def witness(log: Log) -> AsyncIterator[WitnessServer]:
    """A witness that knows the log, and has seen nothing of it yet."""
    async with witnessing() as server:
        server.trust(log.signer.verifier)
        yield server


async def test_a_witness_that_does_not_know_the_log_is_named_with_it(
    witness: WitnessServer, log: Log
) -> None:
    witness.logs.clear()

    with pytest.raises(Unavailable, match=f"witness.example/w1 .*{ORIGIN} .404"):
        await cosign(witness, log, 10)


async def test_a_witness_that_does_not_know_the_key_is_named_with_the_log(
    witness: WitnessServer, log: Log
) -> None:
    witness.logs[ORIGIN] = [Signer.generate(ORIGIN).verifier]

    with pytest.raises(Unavailable, match=f"key that signs the log {ORIGIN} .403"):
        await cosign(witness, log, 10)


@pytest.mark.parametrize("status", [201, 204, 400, 401, 429, 500, 502, 503])
async def test_a_witness_that_fails_is_named_with_its_status(
    witness: WitnessServer, log: Log, status: int
) -> None:
    witness.answer = answering(status, b"" if status == 204 else witness.signer.sign(log.text(10)))

    with pytest.raises(Unavailable, match=f"witness.example/w1 .*{status}"):
        await cosign(witness, log, 10)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirection_is_not_followed(witness: WitnessServer, log: Log, status: int) -> None:
    witness.answer = answering(status, Location=f"{witness.url}/add-checkpoint")

    with pytest.raises(Unavailable, match="Set its new address"):
        await cosign(witness, log, 10)
    assert len(witness.bodies) == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("5\n", "text/plain"),
        ("5", "text/x.tlog.size"),
        ("05\n", "text/x.tlog.size"),
        ("-5\n", "text/x.tlog.size"),
        (" 5\n", "text/x.tlog.size"),
        ("5\n\n", "text/x.tlog.size"),
        ("\u0665\n", "text/x.tlog.size"),
        ("", "text/x.tlog.size"),
        ("many\n", "text/x.tlog.size"),
        (f"{1 << 63}\n", "text/x.tlog.size"),
        ("3\n", "text/x.tlog.size"),
    ],
)
async def test_a_witness_that_does_not_say_where_it_is_is_no_conflict(
    witness: WitnessServer, log: Log, body: str, content_type: str
) -> None:
    """Nor is one that wants a proof from the size from which it has just been given one."""
    witness.answer = answering(409, body, Content_Type=content_type)

    with pytest.raises(Unavailable, match="409"):
        await cosign(witness, log, 10, known=3)
    assert len(witness.bodies) == 1


async def test_a_size_is_read_whatever_charset_it_is_said_to_be_in(
    witness: WitnessServer, log: Log
) -> None:
    witness.answer = answering(409, "12\n", Content_Type="text/x.tlog.size; charset=utf-8")

    with pytest.raises(Conflict, match="over 12"):
        await cosign(witness, log, 10)


async def test_a_witness_that_is_always_elsewhere_is_asked_twice(
    witness: WitnessServer, log: Log
) -> None:
    async def elsewhere(_: web.BaseRequest) -> web.StreamResponse:
        size = len(witness.bodies) + 4
        return web.Response(status=409, text=f"{size}\n", content_type="text/x.tlog.size")

    witness.answer = elsewhere

    with pytest.raises(Unavailable, match="while it was asked"):
        await cosign(witness, log, 10)
    assert old_sizes(witness) == ["old 0", "old 5"]


def bad_answers(log: Log, witness: WitnessServer) -> dict[str, bytes]:
    """Answers of status 200 that are no cosignature of the log's checkpoint over 10 entries."""
    text, signer = log.text(10), witness.signer
    longer, spaced = f"{text}\nmore\n", f"{text}\n"
    good = signer.sign(text)
    blob = bytearray(base64.b64decode(good.split()[2]))
    blob[-1] ^= 1
    flipped = f"— {witness.verifier.name} {base64.b64encode(blob).decode()}\n"
    plain = Signer(witness.verifier.name, bytes(32)).sign(text)
    return {
        "nothing": b"",
        "garbage": b"<html>It works!</html>",
        "not UTF-8": b"\xff\xfe" + good.encode(),
        "no newline": good[:-1].encode(),
        "a bit flipped": flipped.encode(),
        "a good one and a bad one": (good + flipped).encode(),
        "of another size": signer.sign(log.text(9)).encode(),
        "of another witness": Cosigner("witness.example/w2").sign(text).encode(),
        "of another key": Cosigner(witness.verifier.name).sign(text).encode(),
        "no cosignature": plain.encode(),
        "the log's own signature": log.signer.sign(text).encode(),
        "another text": f"more\n\n{signer.sign(longer)}".encode(),
        "an empty line": f"\n{signer.sign(spaced)}".encode(),
        "too many": (good * 101).encode(),
        "too long": good.encode() + Cosigner("w").sign(text).encode() * 200,
        "packed": gzip.compress(good.encode()),
    }


@pytest.mark.parametrize("kind", list(bad_answers(Log(), WitnessServer())))
async def test_what_is_no_cosignature_of_the_witness_is_not_taken(
    witness: WitnessServer, log: Log, kind: str
) -> None:
    body = bad_answers(log, witness)[kind]
    packed = {"Content_Encoding": "gzip"} if kind == "packed" else {}
    witness.answer = answering(200, body, **packed)

    with pytest.raises(Unavailable, match=r"witness\.example/w1"):
        await cosign(witness, log, 10)


async def test_a_witness_that_signs_with_a_key_not_its_own_is_not_believed(
    witness: WitnessServer, log: Log
) -> None:
    witness.signer = Cosigner(witness.verifier.name)

    with pytest.raises(Unavailable, match="no cosignature"):
        await cosign(witness, log, 10)


async def test_of_an_answer_only_one_cosignature_of_the_witness_is_kept(
    witness: WitnessServer, log: Log
) -> None:
    """Those of keys that are not known do not matter."""
    text = log.text(10)
    good = [witness.signer.sign(text, seconds) for seconds in (1, 2)]
    others = [Cosigner(name).sign(text) for name in (witness.verifier.name, "w2")]
    witness.answer = answering(200, "".join([others[0], *good, others[1]]))

    assert await cosign(witness, log, 10) == good[0]


@pytest.mark.parametrize("answer", [hanging(), dripping()])
async def test_a_witness_that_takes_too_long_is_left(
    witness: WitnessServer, log: Log, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one of which a byte comes now and then: it would go on for minutes."""
    monkeypatch.setattr(witnesses, "SECONDS", 0.3)
    witness.answer = answer

    with pytest.raises(Unavailable, match=r"did not answer within 0\.3 seconds"):
        await cosign(witness, log, 10)


async def test_a_client_goes_on_after_a_witness_that_took_too_long(
    witness: WitnessServer, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = witnesses.parse(witness.entry)
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=1)) as client:
        with monkeypatch.context() as patch:
            patch.setattr(witnesses, "SECONDS", 0.3)
            witness.answer = dripping()
            with pytest.raises(Unavailable):
                await witnesses.cosign(client, asked, log.note(10), log.consistency, 0)
        witness.answer = None

        line = await witnesses.cosign(client, asked, log.note(10), log.consistency, 0)

    assert_cosigned(line, witness, log, 10)


async def test_a_body_without_end_is_not_read_to_the_end(witness: WitnessServer, log: Log) -> None:
    async def pour(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while request.transport is not None and not request.transport.is_closing():
            await response.write(b"-" * 4096)
        return response

    witness.answer = pour

    with pytest.raises(Unavailable, match="more than 16384 bytes"):
        await cosign(witness, log, 10)


async def test_a_witness_that_is_not_there_is_named_with_its_address(log: Log) -> None:
    async with witnessing() as witness:
        pass

    with pytest.raises(Unavailable, match=rf"w1 at http://127\.0\.0\.1:{witness.port}/prefix was"):
        await cosign(witness, log, 10)


def submission(old: object, proof: Sequence[str], note: str) -> str:
    return "\n".join([f"old {old}", *proof, "", note])


@pytest.mark.parametrize(
    ("status", "old", "proof"),
    [
        (200, 0, []),
        (400, 11, []),
        (400, "00", []),
        (400, "-1", []),
        (400, "", []),
        (400, 0, ["not base64"]),
        (400, 0, ["AAAA"]),
        (400, 0, [base64.b64encode(bytes(32)).decode()] * 64),
        (409, 3, []),
        (422, 0, [base64.b64encode(bytes(32)).decode()]),
    ],
)
async def test_the_witness_of_these_tests_answers_as_the_specification_says(
    witness: WitnessServer, log: Log, status: int, old: object, proof: list[str]
) -> None:
    async with httpx.AsyncClient() as client:
        body = submission(old, proof, log.note(10))
        answer = await client.post(f"{witness.url}/add-checkpoint", content=body)

    assert answer.status_code == status
    if status == 409:
        assert answer.headers["Content-Type"].startswith("text/x.tlog.size")
        assert answer.text == "0\n"
    assert (ORIGIN in witness.remembered) is (status == 200)
