"""Signatures, as receivers verify them: with the published packages, and with our public key."""

import asyncio
import base64
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
import svix.webhooks
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from app.auth.secrets import load_pepper
from app.core import clock
from app.core.db import Database
from app.core.sealing import seal
from app.core.settings import Settings
from app.webhooks import signing
from app.webhooks.sender import PURPOSE
from app.webhooks.worker import Worker
from tests.support.client import Client
from tests.support.receiver import Received, Receiver
from tests.webhooks.conftest import Bot, all_are, make_due, record, set_webhook

PACKAGES: dict[str, Any] = {
    "standardwebhooks": standardwebhooks.Webhook,
    "svix": svix.webhooks.Webhook,
}
KEY = signing.service_key(b"a pepper for tests, 32 characters or more")
refused = pytest.raises(standardwebhooks.WebhookVerificationError)


@pytest.fixture(params=PACKAGES)
def verify(request: pytest.FixtureRequest) -> Callable[[str, Received], Any]:
    """Verify as a receiver does that uses one of the packages."""
    package = PACKAGES[request.param]
    return lambda secret, received: package(secret).verify(received.body, received.headers)


def changed(received: Received, body: bytes | None = None, **headers: str) -> Received:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Received(
        received.order,
        received.method,
        received.path,
        received.headers | given,
        received.body if body is None else body,
    )


def kinds(received: Received) -> list[str]:
    return [one.partition(",")[0] for one in received.headers["webhook-signature"].split(" ")]


async def public_keys(reader: Client) -> list[Ed25519PublicKey]:
    """Return the service's public key as each of its two spellings gives it."""
    (key,) = (await reader.get("/.well-known/webhook-keys.json"))["keys"]
    assert (key["kty"], key["crv"]) == ("OKP", "Ed25519")
    prefix, _, whpk = key["whpk"].partition("_")
    assert prefix == "whpk"
    x = base64.urlsafe_b64decode(key["x"] + "=" * (-len(key["x"]) % 4))
    return [Ed25519PublicKey.from_public_bytes(raw) for raw in (x, base64.b64decode(whpk))]


def verify_with(key: Ed25519PublicKey, received: Received) -> None:
    """Check the `v1a` as the specification of Standard Webhooks says."""
    headers = received.headers
    (signature,) = (
        value
        for kind, _, value in (one.partition(",") for one in headers["webhook-signature"].split())
        if kind == "v1a"
    )
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + received.body
    key.verify(base64.b64decode(signature), content)


def test_it_signs_as_in_the_published_example() -> None:
    secret = signing.secret_bytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    message, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'

    header = signing.sign(KEY, [secret], message, 1614265330, body)

    assert header.startswith("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1a,")


@given(
    st.binary(min_size=1, max_size=64), st.integers(0, 2**32), st.text(st.characters(codec="utf-8"))
)
def test_it_signs_as_standardwebhooks_does(secret: bytes, timestamp: int, body: str) -> None:
    at = datetime.fromtimestamp(timestamp, UTC)

    header = signing.sign(KEY, [secret, b"former"], "delivery_1", timestamp, body.encode())

    assert header.split(" ")[0] == standardwebhooks.Webhook(secret).sign("delivery_1", at, body)
    assert header.split(" ")[1] == standardwebhooks.Webhook(b"former").sign("delivery_1", at, body)


def test_a_new_secret_is_whsec_and_32_random_bytes() -> None:
    one, two = signing.new_secret(), signing.new_secret()

    assert one != two
    assert one.startswith("whsec_")
    assert len(signing.secret_bytes(one)) == 32


@pytest.mark.parametrize("given", ["whsec_!", "whsec_abc", "whsec_äö"])
def test_what_is_no_secret_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        signing.secret_bytes(given)


async def test_what_arrives_verifies_and_what_was_changed_does_not(
    receiver: Receiver,
    worker: Worker,
    bot: Bot,
    database: Database,
    verify: Callable[[str, Received], Any],
) -> None:
    webhook = await bot.subscribe(receiver.url())
    await record(database, 1)
    (received,) = await receiver.wait_for(1)

    verify(webhook["secret"], received)
    assert kinds(received) == ["v1", "v1a"]
    later = str(int(received.headers["webhook-timestamp"]) + 1)
    for other in (
        changed(received, body=received.body.replace(b"acme", b"evil")),
        changed(received, body=b""),
        changed(received, webhook_id=received.headers["webhook-id"] + "0"),
        changed(received, webhook_timestamp=later),
        changed(received, webhook_signature=received.headers["webhook-signature"].split(" ")[1]),
    ):
        with refused:
            verify(webhook["secret"], other)
    with refused:
        verify(signing.new_secret(), received)


async def test_who_has_no_secret_verifies_with_the_public_key(
    receiver: Receiver, worker: Worker, bot: Bot, reader: Client, database: Database
) -> None:
    await bot.subscribe(receiver.url())
    await record(database, 1)
    (received,) = await receiver.wait_for(1)

    later = str(int(received.headers["webhook-timestamp"]) + 1)
    for key in await public_keys(reader):
        verify_with(key, received)
        for other in (
            changed(received, body=received.body + b" "),
            changed(received, webhook_id="delivery_0"),
            changed(received, webhook_timestamp=later),
        ):
            with pytest.raises(InvalidSignature):
                verify_with(key, other)


async def test_while_a_secret_is_rotated_both_verify_and_after_a_day_only_the_new_one(
    receiver: Receiver,
    worker: Worker,
    bot: Bot,
    reader: Client,
    database: Database,
    verify: Callable[[str, Received], Any],
) -> None:
    webhook = await bot.subscribe(receiver.url())
    former = webhook["secret"]
    rotated = await bot.post(f"/v1/webhooks/{webhook['id']}/rotate-secret", expect=200)
    present = rotated["secret"]
    await record(database, 1)
    (amid,) = await receiver.wait_for(1)

    assert present != former
    assert kinds(amid) == ["v1", "v1", "v1a"]
    verify(present, amid)
    verify(former, amid)
    verify_with((await public_keys(reader))[0], amid)
    with refused:
        verify(present, changed(amid, body=amid.body + b" "))

    await set_webhook(database, webhook, former_expires_at=clock.now() - timedelta(seconds=1))
    await record(database, 1)
    (_, later) = await receiver.wait_for(2)

    assert kinds(later) == ["v1", "v1a"]
    verify(present, later)
    with refused:
        verify(former, later)


async def test_a_secret_that_is_rotated_twice_verifies_with_the_last_two(
    receiver: Receiver, worker: Worker, bot: Bot, database: Database
) -> None:
    webhook = await bot.subscribe(receiver.url())
    secrets = [webhook["secret"]]
    for _ in range(2):
        rotated = await bot.post(f"/v1/webhooks/{webhook['id']}/rotate-secret", expect=200)
        secrets.append(rotated["secret"])
    await record(database, 1)
    (received,) = await receiver.wait_for(1)

    for secret in secrets[1:]:
        standardwebhooks.Webhook(secret).verify(received.body, received.headers)
    with refused:
        standardwebhooks.Webhook(secrets[0]).verify(received.body, received.headers)


async def test_the_id_stays_over_retries_and_replays_and_each_attempt_is_signed_anew(
    receiver: Receiver,
    worker: Worker,
    bot: Bot,
    database: Database,
    verify: Callable[[str, Received], Any],
) -> None:
    answers = iter([500, 204, 204, 204])

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=next(answers))

    async def next_second(received: Received) -> None:
        await asyncio.sleep(int(received.headers["webhook-timestamp"]) + 1.01 - time.time())

    receiver.answer = answer
    webhook = await bot.subscribe(receiver.url())
    path = f"/v1/webhooks/{webhook['id']}"
    await record(database, 1)
    await receiver.wait_for(1)
    (delivery,) = await bot.settled(webhook, all_are("pending"))
    await next_second(receiver.requests[-1])
    await make_due(database)
    await bot.settled(webhook, all_are("delivered"))
    await next_second(receiver.requests[-1])
    await bot.post(f"{path}/deliveries/{delivery['id']}/replay", expect=202)
    await receiver.wait_for(3)
    await bot.settled(webhook, all_are("delivered"))
    await next_second(receiver.requests[-1])
    await bot.post(f"{path}/replay", {"after_seq": 0}, expect=202)
    await receiver.wait_for(4)

    def said(name: str) -> list[str]:
        return [received.headers[f"webhook-{name}"] for received in receiver.requests]

    assert set(said("id")) == {delivery["id"]}
    assert set(said("number")) == {"1"}
    assert said("attempt") == ["1", "2", "3", "4"]
    assert len(set(said("timestamp"))) == 4
    assert len(set(said("signature"))) == 4
    assert len({received.body for received in receiver.requests}) == 1
    for received in receiver.requests:
        verify(webhook["secret"], received)


async def test_a_secret_that_cannot_be_read_fails_clearly_and_others_go_on(
    receiver: Receiver, worker: Worker, bot: Bot, database: Database
) -> None:
    broken = await bot.subscribe(receiver.url("/broken"))
    good = await bot.subscribe(receiver.url("/good"))
    sealed = seal(b"another pepper, 32 characters or more", PURPOSE, broken["secret"].encode())
    await set_webhook(database, broken, secret=sealed)
    await record(database, 3)

    await bot.settled(good, all_are("delivered", 3))
    waiting = await bot.settled(
        broken, lambda found: len(found) == 3 and all(one["last_error"] for one in found)
    )

    for delivery in waiting:
        assert delivery["status"] == "pending"
        assert delivery["last_error"] == (
            "Its secret was sealed under another ANSWERABLE_PEPPER: rotate it."
        )
    assert {received.path for received in receiver.requests} == {"/good"}


async def test_a_secret_that_cannot_be_read_is_mended_by_rotating_it(
    receiver: Receiver, worker: Worker, bot: Bot, database: Database
) -> None:
    webhook = await bot.subscribe(receiver.url())
    sealed = seal(b"another pepper, 32 characters or more", PURPOSE, webhook["secret"].encode())
    await set_webhook(database, webhook, secret=sealed)
    rotated = await bot.post(f"/v1/webhooks/{webhook['id']}/rotate-secret", expect=200)
    await record(database, 1)
    (received,) = await receiver.wait_for(1)

    assert kinds(received) == ["v1", "v1a"]
    standardwebhooks.Webhook(rotated["secret"]).verify(received.body, received.headers)


async def test_every_process_has_the_same_key(settings: Settings, reader: Client) -> None:
    mine = signing.public_bytes(signing.service_key(load_pepper(settings)))

    assert {key.public_bytes_raw() for key in await public_keys(reader)} == {mine}
