"""The log as anybody fetches it: checkpoints, tiles, entries and proofs fit together."""

import base64
import json
from typing import Any

import pytest
from httpx import AsyncClient

from app.core.settings import Settings
from app.ledger import tree
from app.transparency import notes, tiles
from app.transparency.notes import Checkpoint, Signer
from tests.support.client import Client
from tests.support.make import Make


def read(note: str, settings: Settings) -> Checkpoint:
    """Check a checkpoint as a stranger does who knows the log's key."""
    assert settings.log_key is not None
    key = Signer.parse(settings.log_key.get_secret_value()).verifier
    parsed = notes.parse(note)
    assert notes.verified(parsed, [key]) == [key]
    return Checkpoint.parse(parsed.text)


async def bytes_of(http: AsyncClient, path: str, expect: int = 200) -> bytes:
    answer = await http.get(path)
    assert answer.status_code == expect, answer.text
    return answer.content


async def test_the_checkpoint_is_over_every_event_and_signed(
    reader: Client, make: Make, settings: Settings
) -> None:
    await make.question(state="declined")
    events = await reader.events()

    answer = await reader.http.get("/log/checkpoint")

    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    signed = read(answer.text, settings)
    assert signed.origin == "answerable.test/log"
    assert signed.size == len(events)
    _, peaks = tree.append(0, [], [bytes.fromhex(event["leaf_hash"]) for event in events])
    assert signed.root == tree.root(peaks)
    vkey = (await reader.http.get("/log/vkey")).text
    assert notes.Verifier.parse(vkey.strip()).name == signed.origin


async def test_entries_are_the_leaves_and_tiles_their_hashes(reader: Client, make: Make) -> None:
    await make.question(state="partial")
    events = await reader.events()
    width = len(events)

    bundle = await bytes_of(reader.http, f"/log/tile/entries/000.p/{width}")
    hashes = await bytes_of(reader.http, f"/log/tile/0/000.p/{width}")

    leaves = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        leaves.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    assert b"".join(map(tree.leaf_hash, leaves)) == hashes
    assert hashes.hex() == "".join(event["leaf_hash"] for event in events)
    assert [json.loads(leaf)["seq"] for leaf in leaves] == [event["seq"] for event in events]
    shorter = await bytes_of(reader.http, f"/log/tile/0/000.p/{width - 1}")
    assert shorter == hashes[:-32]


async def test_tiles_never_change_and_say_so(reader: Client, make: Make) -> None:
    await make.company()
    answer = await reader.http.get("/log/tile/0/000.p/1")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "max-age=2" in (await reader.http.get("/log/checkpoint")).headers["cache-control"]
    await make.asker()
    assert (await reader.http.get("/log/tile/0/000.p/1")).content == answer.content


@pytest.mark.parametrize(
    "path",
    [
        "0/000", "0/001.p/1", "1/000.p/1", "0/000.p/2", "0/000.p/0", "0/000.p/256", "0/000.p/01",
        "00/000.p/1", "64/000.p/1", "0/0.p/1", "0/x000/000.p/1", "0/000.p", "entries/000.p/2",
        "data/000.p/1", "0/000.p/1/", "63/000.p/1", "0/x999/x999/x999/x999/x999/999", "",
    ],
)  # fmt: skip
async def test_a_tile_that_is_not_there_is_a_problem(reader: Client, make: Make, path: str) -> None:
    await make.company()
    problem = json.loads(await bytes_of(reader.http, f"/log/tile/{path}", expect=404))
    assert problem["type"] == "/problems/not-found"


async def test_every_event_has_a_proof_in_both_forms(
    reader: Client, make: Make, settings: Settings
) -> None:
    await make.question(state="answered")
    for event in await reader.events():
        proof = await reader.get(f"/v1/events/{event['seq']}/proof")
        written = await bytes_of(reader.http, f"/v1/events/{event['seq']}/proof?format=tlog-proof")
        signed = read(proof["checkpoint"], settings)
        hashes = [bytes.fromhex(value) for value in proof["hashes"]]
        leaf = tree.leaf_hash(proof["leaf"].encode())
        assert leaf.hex() == proof["leaf_hash"] == event["leaf_hash"]
        tree.verify_inclusion(proof["index"], signed.size, leaf, hashes, signed.root)

        first, index, *rest = written.decode().split("\n\n", 1)[0].split("\n")
        assert first == "c2sp.org/tlog-proof@v1"
        assert index == f"index {event['seq'] - 1}"
        assert [base64.b64decode(line) for line in rest] == hashes
        assert written.decode().split("\n\n", 1)[1] == proof["checkpoint"]


async def test_the_disclosures_open_all_that_the_event_shows(reader: Client, make: Make) -> None:
    await make.question(context="What was said before.")
    event = (await reader.events(type="question.created"))[0]
    proof = await reader.get(f"/v1/events/{event['seq']}/proof")

    opened = {}
    for disclosure in proof["disclosures"]:
        salt, name, value = json.loads(base64.urlsafe_b64decode(disclosure + "=="))
        assert len(salt) == 22
        opened[name] = value

    leaf = json.loads(proof["leaf"])
    for secret in (event["summary"], event["data"]["object"]["text"], "What was said before."):
        assert secret in opened.values()
        assert secret not in proof["leaf"]
    assert leaf["actor"] == event["actor"]
    assert leaf["data"]["object"]["state"] == "unanswered"


@pytest.mark.parametrize("params", ["format=xml", "at=1"])
async def test_a_proof_refuses_what_it_does_not_know(
    reader: Client, make: Make, params: str
) -> None:
    await make.company()
    await bytes_of(reader.http, f"/v1/events/1/proof?{params}", expect=422)


async def test_there_is_no_proof_of_what_was_not_recorded(reader: Client, make: Make) -> None:
    await make.company()
    problem: Any = await reader.get("/v1/events/7/proof", expect=404)
    assert "The newest is 1" in problem["detail"]


@pytest.mark.parametrize(
    ("path", "tile"),
    [
        ("0/000", tiles.Tile(0, 0)),
        ("1/x001/x234/067", tiles.Tile(1, 1_234_067)),
        ("entries/x001/000.p/7", tiles.Tile(None, 1000, 7)),
    ],
)
def test_a_tile_is_read_as_it_is_written(path: str, tile: tiles.Tile) -> None:
    assert tiles.parse(path) == tile
    assert tile.path == path


def test_a_tree_of_70000_has_the_tiles_that_the_specification_counts() -> None:
    found = [tile for tile in tiles.of_tree(70_000) if tile.level is not None]
    full = [sum(tile.level == level and tile.width == 256 for tile in found) for level in range(3)]
    partial = {tile.level: tile.width for tile in found if tile.width < 256}
    assert full == [273, 1, 0]
    assert partial == {0: 112, 1: 17, 2: 1}
