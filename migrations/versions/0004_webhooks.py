"""Webhooks: subscriptions, deliveries and their attempts, and how far the ledger was fanned out.

Locks taken: none that matter; every table is new. `log_head` is read once.
Safe with the previous release: yes; it does not know these tables.
Reversible: yes, by dropping all subscriptions and deliveries. The record is not touched.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def only(condition: str) -> dict[str, Any]:
    """Make an index one of the rows for which a condition holds."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


PENDING = only("status = 'pending'")
SENDING = only("status = 'sending'")
FAILED = only("status = 'failed'")
HELD = only("status = 'held'")
OF_AN_EVENT = only("seq > 0")


def upgrade() -> None:
    op.create_table(
        "webhook_fan_out",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_fan_out")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key_id", KEY, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("format", KEY, nullable=False),
        sa.Column("ordered", sa.Boolean(), nullable=False),
        sa.Column("max_in_flight", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("event_types", sa.Text(), nullable=True),
        sa.Column("filter", sa.Text(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("former_secret", sa.LargeBinary(), nullable=True),
        sa.Column("former_expires_at", INSTANT, nullable=True),
        sa.Column("types", KEY, nullable=True),
        sa.Column("company_id", KEY, nullable=True),
        sa.Column("dossier_id", KEY, nullable=True),
        sa.Column("topic", KEY, nullable=True),
        sa.Column("question_id", KEY, nullable=True),
        sa.Column("asker_id", KEY, nullable=True),
        sa.Column("states", KEY, nullable=True),
        sa.Column("after_seq", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("replay_after", sa.BigInteger(), nullable=True),
        sa.Column("replay_until", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("paused_until", INSTANT, nullable=True),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["api_key.id"],
            name=op.f("fk_webhook_key_id_api_key"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index("ix_webhook_key", "webhook", ["key_id", "id"], unique=False)

    op.create_table(
        "delivery",
        sa.Column("id", KEY, nullable=False),
        sa.Column("webhook_id", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("event_type", KEY, nullable=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhook.id"],
            name=op.f("fk_delivery_webhook_id_webhook"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["webhook_id", "priority", "due_at", "number"],
        unique=False,
        **PENDING,
    )
    op.create_index(
        "ix_delivery_event", "delivery", ["webhook_id", "seq"], unique=True, **OF_AN_EVENT
    )
    op.create_index(
        "ix_delivery_leased", "delivery", ["webhook_id", "leased_until"], unique=False, **SENDING
    )
    op.create_index("ix_delivery_next", "delivery", ["due_at"], unique=False, **PENDING)
    op.create_index("ix_delivery_number", "delivery", ["webhook_id", "number"], unique=True)
    op.create_index(
        "ix_delivery_queue", "delivery", ["webhook_id", "seq", "number"], unique=False, **PENDING
    )
    op.create_index("ix_delivery_failed", "delivery", ["webhook_id", "number"], **FAILED)
    op.create_index("ix_delivery_held", "delivery", ["webhook_id", "number"], **HELD)

    op.create_table(
        "delivery_attempt",
        sa.Column("delivery_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["delivery.id"],
            name=op.f("fk_delivery_attempt_delivery_id_delivery"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_delivery_attempt")),
    )
    op.execute("INSERT INTO webhook_fan_out (id, seq) SELECT id, seq FROM log_head")


def downgrade() -> None:
    for table in ("delivery_attempt", "delivery", "webhook", "webhook_fan_out"):
        op.drop_table(table)
