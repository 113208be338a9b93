"""API keys: their form, what they may do, and their end."""

import string
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient, BasicAuth

from app.auth import secrets
from app.auth.models import ApiKey
from app.core.dates import format_instant
from app.core.db import Database
from tests.support.client import Client


async def create(admin: Client, **fields: object) -> Any:
    body = {"name": "newsroom", "scopes": ["write"], **fields}
    return await admin.post("/v1/keys", body)


async def allowed(http: AsyncClient, key: str) -> int:
    client = Client(http, key)
    answer = await client.send("POST", "/v1/companies?dry_run=true", json={"name": "Acme"})
    return answer.status_code


def test_a_key_has_the_form_that_scanners_look_for() -> None:
    secret = secrets.generate()
    head, kind, prefix, rest = secret.text.split("_")
    assert (head, kind, len(prefix), len(rest)) == ("ans", "live", 8, 38)
    assert set(prefix + rest) <= set(string.ascii_letters + string.digits)
    assert secrets.parse(secret.text) == secret


def test_one_changed_character_is_seen_by_the_checksum() -> None:
    text = secrets.generate().text
    for place in range(len("ans_live_"), len(text)):
        other = "a" if text[place] != "a" else "b"
        if text[place] != "_":
            assert secrets.parse(text[:place] + other + text[place + 1 :]) is None


async def test_a_mistyped_key_never_reaches_the_database(reader: Client) -> None:
    problem = await Client(reader.http, "ans_live_wrong").post(
        "/v1/companies", {"name": "Acme"}, expect=401
    )
    assert "checksum" in problem["detail"]


async def test_the_secret_is_shown_once_and_only_a_keyed_hash_is_stored(
    admin: Client, database: Database
) -> None:
    created = await create(admin)
    key = created["key"]

    listed = await admin.pages("/v1/keys")
    async with database.reading() as session:
        row = await session.get(ApiKey, created["id"])

    assert key.startswith(f"ans_live_{created['prefix']}_")
    assert all("key" not in item for item in listed)
    assert row is not None
    assert key[18:] not in row.model_dump_json()


async def test_bearer_and_basic_are_both_taken(admin: Client) -> None:
    key = (await create(admin))["key"]
    body = {"name": "Acme"}

    bearer = await Client(admin.http, key).send("POST", "/v1/companies", json=body)
    basic = await admin.http.post("/v1/companies", json=body, auth=BasicAuth("anyone", key))

    assert bearer.status_code == basic.status_code == 201
    assert bearer.json()["slug"] == "acme"
    assert basic.json()["slug"] == "acme-2"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic", "Basic !!", "Digest x"])
async def test_writing_without_a_good_key_says_what_to_send(reader: Client, header: str) -> None:
    answer = await reader.send(
        "POST", "/v1/companies", json={"name": "Acme"}, headers={"Authorization": header}
    )
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("B")
    assert answer.json()["type"] == "/problems/unauthenticated"


async def test_a_key_may_do_what_its_scopes_say_and_no_more(admin: Client) -> None:
    webhooks = await create(admin, name="bot", scopes=["webhooks"])
    bot = Client(admin.http, webhooks["key"])

    problem = await bot.post("/v1/companies", {"name": "Acme"}, expect=403)
    assert "scope write" in problem["detail"]
    assert "webhooks" in problem["detail"]
    writer = Client(admin.http, (await create(admin, name="writer"))["key"])
    await writer.get("/v1/keys", expect=403)
    await writer.post("/v1/keys", {"name": "x", "scopes": ["admin"]}, expect=403)


async def test_a_revoked_key_is_refused_from_then_on_and_stays_listed(admin: Client) -> None:
    created = await create(admin)
    assert await allowed(admin.http, created["key"]) == 201

    answer = await admin.send("DELETE", f"/v1/keys/{created['id']}")

    assert answer.status_code == 204
    assert answer.content == b""
    assert await allowed(admin.http, created["key"]) == 401
    assert (await admin.get(f"/v1/keys/{created['id']}"))["revoked_at"] is not None


async def test_an_expired_key_is_refused(admin: Client, database: Database) -> None:
    soon = format_instant(datetime.now(UTC) + timedelta(hours=1))
    created = await create(admin, expires_at=soon)
    assert await allowed(admin.http, created["key"]) == 201

    async with database.writing() as session:
        row = await session.get(ApiKey, created["id"])
        assert row is not None
        row.expires_at = datetime.now(UTC) - timedelta(seconds=1)

    assert await allowed(admin.http, created["key"]) == 401


async def test_a_key_that_would_have_expired_already_is_not_made(admin: Client) -> None:
    body = {"name": "late", "scopes": ["write"], "expires_at": "2020-01-01T00:00:00Z"}
    problem = await admin.post("/v1/keys", body, expect=422)
    assert problem["errors"][0]["pointer"] == "/expires_at"


async def test_after_a_rotation_both_secrets_are_good_for_a_while(admin: Client) -> None:
    created = await create(admin)
    path = f"/v1/keys/{created['id']}/rotate"

    rotated = await admin.post(path, expect=200)
    assert await allowed(admin.http, created["key"]) == 201
    assert await allowed(admin.http, rotated["key"]) == 201

    again = await admin.post(path, {"overlap_hours": 0}, expect=200)
    assert await allowed(admin.http, created["key"]) == 401
    assert await allowed(admin.http, rotated["key"]) == 401
    assert await allowed(admin.http, again["key"]) == 201


async def test_a_name_stands_for_one_key_for_good(admin: Client) -> None:
    created = await create(admin)
    await admin.send("DELETE", f"/v1/keys/{created['id']}")
    problem = await admin.post("/v1/keys", {"name": "newsroom", "scopes": ["write"]}, expect=409)
    assert "Choose another name" in problem["detail"]


@pytest.mark.parametrize("name", ["clock", "Clock", "source-check"])
async def test_no_key_has_a_name_under_which_this_service_records_by_itself(
    admin: Client, name: str
) -> None:
    body = {"name": name, "scopes": ["write"]}
    problem = await admin.post("/v1/keys", body, expect=409)
    assert "reserved" in problem["detail"]


async def test_the_last_use_is_shown(admin: Client) -> None:
    created = await create(admin)
    assert created["last_used_at"] is None
    await allowed(admin.http, created["key"])
    assert (await admin.get(f"/v1/keys/{created['id']}"))["last_used_at"] is not None


async def test_a_secret_is_shown_again_to_the_same_idempotency_key_but_not_stored_in_clear(
    admin: Client, database: Database
) -> None:
    body = {"name": "newsroom", "scopes": ["write"]}
    headers = {"Idempotency-Key": "make-a-key"}
    first = await admin.send("POST", "/v1/keys", json=body, headers=headers)
    again = await admin.send("POST", "/v1/keys", json=body, headers=headers)

    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    async with database.reading() as session:
        connection = await session.connection()
        rows = (await connection.exec_driver_sql("SELECT answer FROM idempotency")).all()
    assert len(rows) == 1
    assert first.json()["key"].encode() not in rows[0][0]
