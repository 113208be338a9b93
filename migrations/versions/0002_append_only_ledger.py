"""The ledger is append-only: triggers refuse UPDATE, DELETE and TRUNCATE, and its head begins.

Locks taken: SHARE ROW EXCLUSIVE on `event` while its triggers are made; it is empty.
Safe with the previous release: yes; nothing there changes an event.
Reversible: yes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REFUSAL = "the ledger is append-only"


def upgrade() -> None:
    head = sa.table(
        "log_head",
        sa.column("id", sa.Integer),
        sa.column("seq", sa.BigInteger),
        sa.column("recorded_at", sa.DateTime(timezone=True)),
    )
    epoch = sa.text("'1970-01-01 00:00:00.000000'")
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER event_refuses_{change.lower()} BEFORE {change} ON event"
                f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
    else:
        epoch = sa.text("TIMESTAMPTZ '1970-01-01 00:00:00+00'")
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'; END $$"
        )
        op.execute(
            "CREATE TRIGGER event_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON event"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(sa.insert(head).values(id=1, seq=0, recorded_at=epoch))


def downgrade() -> None:
    op.execute("DELETE FROM log_head")
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(f"DROP TRIGGER event_refuses_{change.lower()}")
    else:
        op.execute("DROP TRIGGER event_refuses_change ON event")
        op.execute("DROP FUNCTION refuse_change()")
