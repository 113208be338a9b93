"""The ledger becomes a transparency log: events are leaves of a Merkle tree, and can be redacted.

Every event is written once more, as a leaf, with what may hold personal data apart; the tree over
them is built. From then on a leaf never changes.

Locks taken: PostgreSQL: ACCESS EXCLUSIVE on `event` until the commit, about a second for every
10,000 events. SQLite: writers wait as long; the table is built anew.
Safe with the previous release: no. It does not write leaves: stop it, migrate, start this one.
Reversible: yes, but what was redacted since does not come back; and the tree, and with it every
proof given until then, is lost for good, because a later upgrade salts anew.
"""

import base64
import hashlib
import json
import secrets
from datetime import UTC
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
BATCH = 500
PERSONAL = {
    "company": {"name", "names", "description"},
    "asker": {"slug", "name", "description", "website"},
    "dossier": {"slug", "title", "description", "translations"},
    "source": {"url", "archived_url", "title", "publisher", "author", "quote"},
    "question": {"slug", "text", "context", "translations", "external_id"},
    "ask": {"quote"},
    "statement": {"title", "summary", "attributed_to", "quote"},
    "response": {"excerpt", "rationale"},
    "ruling": {"reason", "quote"},
    "correction": {"reason"},
}
OLD = ("effective_on", "reason", "subject_type", "subject_slug", "company_slug", "summary", "data")
REFUSAL = "the ledger is append-only"


def upgrade() -> None:
    op.create_table(
        "disclosure",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_disclosure")),
    )
    op.create_table(
        "tree_node",
        sa.Column("address", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_tree_node")),
        sqlite_with_rowid=False,
    )
    _create_log()
    with op.batch_alter_table("log_head") as head:
        head.add_column(sa.Column("peaks", sa.LargeBinary(), nullable=True))
        head.add_column(sa.Column("opening", sa.SmallInteger(), nullable=False, server_default="0"))
    drop_triggers()
    op.add_column("event", sa.Column("leaf", sa.LargeBinary(), nullable=True))
    op.get_bind().execute(
        sa.text("UPDATE log_head SET peaks = :peaks"), {"peaks": _write_leaves(op.get_bind())}
    )
    with op.batch_alter_table("log_head") as head:
        head.alter_column("peaks", existing_type=sa.LargeBinary(), nullable=False)
        head.alter_column("opening", existing_type=sa.SmallInteger(), server_default=None)
    with op.batch_alter_table("event") as event:
        event.alter_column("leaf", existing_type=sa.LargeBinary(), nullable=False)
        for name in OLD:
            event.drop_column(name)
    make_triggers()
    _refuse("DELETE", "disclosure")


def _create_log() -> None:
    """Make the tables of which log it is, who signs it, and what was published."""
    op.create_table(
        "log",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opening", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_log")),
    )
    op.create_table(
        "log_key",
        sa.Column("vkey", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("vkey", name=op.f("pk_log_key")),
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_checkpoint")),
    )


def _write_leaves(connection: sa.Connection) -> bytes:
    """Write the leaf of every event and the tree over them; return its peaks."""
    event = sa.table(
        "event",
        *(sa.column(name) for name in ("seq", "type", "actor", "subject_id", "company_id")),
        *(sa.column(name) for name in ("question_id", *OLD)),
        sa.column("recorded_at", sa.DateTime(timezone=True)),
        sa.column("leaf", sa.LargeBinary),
    )
    write = sa.update(event).where(event.c.seq == sa.bindparam("at")).values(
        leaf=sa.bindparam("new")
    )  # fmt: skip
    add = sa.text("INSERT INTO disclosure (seq, content) VALUES (:seq, :content)")
    node = sa.text("INSERT INTO tree_node (address, hash) VALUES (:address, :hash)")
    after, peaks = 0, list[bytes]()
    query = sa.select(event).order_by(event.c.seq).limit(BATCH)
    while rows := connection.execute(query.where(event.c.seq > after)).all():
        made = [(row.seq, *_leaf(row)) for row in rows]
        connection.execute(write, [{"at": seq, "new": leaf} for seq, leaf, _ in made])
        connection.execute(add, [{"seq": seq, "content": text} for seq, _, text in made])
        nodes = [found for seq, leaf, _ in made for found in _grow(peaks, seq - 1, leaf)]
        connection.execute(node, nodes)
        after = rows[-1].seq
    return b"".join(peaks)


def _grow(peaks: list[bytes], position: int, leaf: bytes) -> list[dict[str, Any]]:
    """Add a leaf to the peaks, and return the subtrees that it completes (RFC 6962)."""
    value, level = hashlib.sha256(b"\0" + leaf).digest(), 0
    found = [{"address": position, "hash": value}]
    while position & 1:
        value = hashlib.sha256(b"\1" + peaks.pop() + value).digest()
        level, position = level + 1, position >> 1
        found.append({"address": level << 56 | position, "hash": value})
    peaks.append(value)
    return found


def _leaf(row: Any) -> tuple[bytes, str]:
    data = json.loads(row.data)
    personal = PERSONAL[row.subject_type]
    lines: list[str] = []
    event: dict[str, Any] = {
        "seq": row.seq,
        "type": row.type,
        "recorded_at": _instant(row.recorded_at),
        "effective_on": row.effective_on,
        "actor": row.actor,
        "subject": {"type": row.subject_type, "id": row.subject_id},
        "company": row.company_slug,
        "company_id": row.company_id,
        "question": row.question_id,
        "data": data,
        "_sd_alg": "sha-256",
        "v": 1,
    }
    words = {"summary": row.summary, "reason": row.reason}
    event.update(_salted("", words, set(words), lines))
    for container in ("object", "previous"):
        if container in data:
            data[container] = _salted(container, data[container], personal, lines)
    return _canonical(event).encode(), "\n".join(lines)


def _salted(
    container: str, values: dict[str, Any], personal: set[str], lines: list[str]
) -> dict[str, Any]:
    """Return values without what may hold personal data, which goes to `lines` (RFC 9901)."""
    plain: dict[str, Any] = {}
    made: list[tuple[str, str]] = []
    for name, value in values.items():
        if name not in personal or not value:
            plain[name] = value
            continue
        text = _canonical([secrets.token_urlsafe(16), name, value])
        encoded = base64.urlsafe_b64encode(text.encode()).rstrip(b"=")
        digest = base64.urlsafe_b64encode(hashlib.sha256(encoded).digest())
        made.append((digest.rstrip(b"=").decode(), text))
    made.sort()
    lines += [f"{container}\t{text}" for _, text in made]
    return {**plain, "_sd": [digest for digest, _ in made]} if made else plain


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _instant(value: Any) -> str:
    aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    text: str = aware.isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z")


def drop_triggers() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("update", "delete"):
            op.execute(f"DROP TRIGGER event_refuses_{change}")
    else:
        op.execute("DROP TRIGGER event_refuses_change ON event")


def make_triggers() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            _refuse(change, "event")
    else:
        op.execute(
            "CREATE TRIGGER event_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON event"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _refuse(change: str, table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table}"
            f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
    else:
        op.execute(
            f"CREATE TRIGGER {table}_refuses_change BEFORE {change} OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    drop_triggers()
    with op.batch_alter_table("event") as event:
        for name in ("effective_on", "subject_slug", "company_slug"):
            event.add_column(sa.Column(name, KEY, nullable=True))
        event.add_column(sa.Column("reason", sa.Text(), nullable=True))
        event.add_column(sa.Column("subject_type", KEY, nullable=True))
        event.add_column(sa.Column("summary", sa.Text(), nullable=True))
        event.add_column(sa.Column("data", sa.Text(), nullable=True))
    _open_leaves(op.get_bind())
    with op.batch_alter_table("event") as event:
        event.alter_column("subject_type", existing_type=KEY, nullable=False)
        event.alter_column("summary", existing_type=sa.Text(), nullable=False)
        event.alter_column("data", existing_type=sa.Text(), nullable=False)
        event.drop_column("leaf")
    make_triggers()
    with op.batch_alter_table("log_head") as head:
        head.drop_column("opening")
        head.drop_column("peaks")
    for table in ("log_checkpoint", "log_key", "log", "tree_node"):
        op.drop_table(table)
    op.drop_table("disclosure")


def _open_leaves(connection: sa.Connection) -> None:
    """Fill in the columns that the leaf has replaced."""
    event = sa.table("event", *(sa.column(name) for name in ("seq", *OLD)))
    write = sa.update(event).where(event.c.seq == sa.bindparam("at")).values(
        {name: sa.bindparam(f"new_{name}") for name in OLD}
    )  # fmt: skip
    read = sa.text(
        "SELECT event.seq, leaf, content FROM event JOIN disclosure"
        " ON disclosure.seq = event.seq WHERE event.seq > :after ORDER BY event.seq LIMIT :most"
    )
    after = 0
    while rows := connection.execute(read, {"after": after, "most": BATCH}).all():
        connection.execute(write, [_columns(*row) for row in rows])
        after = rows[-1].seq


def _columns(seq: int, leaf: bytes, content: str) -> dict[str, Any]:
    event = json.loads(leaf)
    parts = {"": event, **event["data"]}
    for line in content.split("\n") if content else ():
        container, _, text = line.partition("\t")
        values = json.loads(text)
        parts[container][values[-2]] = values[-1]
    for part in ("", "object", "previous"):
        parts.get(part, {}).pop("_sd", None)
    return {
        "at": seq,
        "new_effective_on": event["effective_on"],
        "new_reason": event["reason"],
        "new_subject_type": event["subject"]["type"],
        "new_subject_slug": event["data"]["object"].get("slug"),
        "new_company_slug": event["company"],
        "new_summary": event["summary"],
        "new_data": _canonical(event["data"]),
    }
