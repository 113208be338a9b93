"""A leaf is canonical, holds nothing that may be personal, and opens to the event again."""

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import ids
from app.core.db import Database
from app.core.errors import TooLarge
from app.core.tables import canonical_json
from app.corrections.models import Correction
from app.ledger import leaves, queries, recorder
from app.ledger.models import Headline, model_of, recorded_models

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAMES = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


def compose(data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    headline = Headline(type="asker.created", summary="Somebody was added.", reason="A reason.")
    event = leaves.compose(
        headline, data, seq=7, recorded_at=NOW, actor="editor", subject_id="asker_1"
    )
    return {**event, **changes}


@given(
    st.dictionaries(NAMES, VALUES, max_size=6),
    st.dictionaries(NAMES, VALUES, max_size=3),
    st.sets(NAMES),
)
def test_what_is_sealed_opens_to_what_it_was(
    told: dict[str, Any], previous: dict[str, Any], personal: set[str]
) -> None:
    personal |= set(list(told)[::2])
    leaf, content = leaves.seal(compose({"object": told, "previous": previous}), personal)

    opened, redacted = leaves.opened(leaf, content)

    assert opened["data"] == {"object": told, "previous": previous}
    assert (opened["summary"], opened["reason"]) == ("Somebody was added.", "A reason.")
    assert redacted == []
    assert leaf == canonical_json(json.loads(leaf)).encode()
    plain = json.loads(leaf)["data"]["object"]
    assert not {name for name in personal if told.get(name)} & plain.keys()


def test_a_disclosure_is_that_of_rfc_9901() -> None:
    leaf, content = leaves.seal(compose({"object": {"name": "Ada", "kind": "ngo"}}), {"name"})

    event = json.loads(leaf)
    fields = {one.name: one for one in leaves.disclosed(content)}

    assert event["_sd_alg"] == "sha-256"
    salt, name, value = json.loads(base64.urlsafe_b64decode(fields["name"].public + "=="))
    assert (len(base64.urlsafe_b64decode(salt + "==")), name, value) == (16, "name", "Ada")
    digest = hashlib.sha256(fields["name"].public.encode("ascii")).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert event["data"]["object"] == {"kind": "ngo", "_sd": [expected]}
    assert len(event["_sd"]) == 2  # its summary and its reason
    assert event["_sd"] == sorted(event["_sd"])


def test_the_same_value_is_salted_anew_each_time() -> None:
    event = compose({"object": {"name": "Ada"}})
    assert leaves.seal(event, {"name"})[0] != leaves.seal(event, {"name"})[0]


def test_a_redacted_field_opens_to_its_stand_in_and_is_named() -> None:
    leaf, content = leaves.seal(compose({"object": {"name": "Ada", "kind": "ngo"}}), {"name"})
    fields = [
        one.redacted("[redacted]") if one.name == "name" else one
        for one in leaves.disclosed(content)
    ]

    opened, redacted = leaves.opened(leaf, leaves.stored(fields))

    assert opened["data"]["object"] == {"name": "[redacted]", "kind": "ngo"}
    assert redacted == ["/data/object/name"]
    assert "Ada" not in leaves.stored(fields)


def test_json_is_written_as_rfc_8785_writes_it() -> None:
    """The strings of its section 3.2.2.2, and what JSON may write in more than one way."""
    value = {"b": '\u20ac$\u000f\nA\'B"\\\\"/', "a": [1, True, None, 2**53 - 1], "aa": "\x7f\u2028"}
    written = (
        '{"a":[1,true,null,9007199254740991],"aa":"\x7f\u2028",'
        '"b":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical_json(value) == written
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


def test_a_leaf_that_an_entry_bundle_cannot_hold_is_refused() -> None:
    room = leaves.MOST_BYTES - len(leaves.seal(compose({"object": {"note": ""}}), ())[0])
    leaf, _ = leaves.seal(compose({"object": {"note": "x" * room}}), ())
    assert len(leaf) == 65_535
    with pytest.raises(TooLarge, match="65,535 is the most"):
        leaves.seal(compose({"object": {"note": "x" * (room + 1)}}), ())


async def test_nothing_is_written_when_one_event_is_too_large(database: Database) -> None:
    def correction(target: str) -> Correction:
        return Correction(
            id=ids.new("correction"), target_id=target, reason="It was wrong.",
            replacement_id=None, company_id="company_1", question_id=None, part_of=None,
        )  # fmt: skip

    async def record(*rows: Correction) -> None:
        async with recorder.recording(database, actor="tests") as session:
            for row in rows:
                session.add(row)
                recorder.note(session, row, company_name="Acme", company_slug="acme")

    with pytest.raises(TooLarge):
        await record(correction("ask_1"), correction("x" * 70_000))
    async with database.reading() as session:
        assert await queries.head(session) == 0


def test_every_column_that_holds_free_text_can_be_redacted() -> None:
    """A new column of text has to be thought about: it is personal, or it is listed here."""
    innocent = {
        "company": {"slug", "identifiers", "merged_into"},
        "compromise": {"actor"},
        "import": {"kind", "sha256"},
        "asker": {"kind", "merged_into"},
        "ask": {"channel"},
        "correction": {"target_id", "replacement_id", "company_id", "question_id", "part_of"},
        "redaction": {"pointers", "places", "company_id", "question_id"},
        "source": {"published_on", "lang", "sha256", "read_sha256", "found_sha256", "online"},
        "statement": {"kind", "published_on", "lang", "company_id", "source_id"},
        "question": {
            "company_id", "lang", "topics", "dossier_ids", "respond_by", "last_checked_on",
            "state", "overdue_since", "merged_into",
        },
        "response": {"question_id", "statement_id", "verdict"},
        "ruling": {"question_id", "state", "effective_on", "source_id"},
    }  # fmt: skip
    innocent["ask"] |= {"question_id", "asker_id", "asked_on", "source_id"}
    for model in recorded_models():
        kinds = {column.key: str(column.type) for column in model.__table__.columns}  # type: ignore[attr-defined]
        texts = {
            name
            for name in model.recorded_columns()
            if name != "id" and not kinds[name].startswith(("INT", "BIGINT", "DATETIME"))
        }
        known = innocent.get(str(model.__tablename__), set())
        assert texts - set(model.__personal__) == known, model.__tablename__


def test_an_id_names_its_model() -> None:
    for model in recorded_models():
        assert model_of(ids.new(str(model.__tablename__))) is model
