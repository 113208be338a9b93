"""Reports of stolen keys, and an index by which an actor's events are read in order.

Locks taken: PostgreSQL: SHARE on `event` until the commit, while the index is built: writers wait,
about a second for every million events; readers do not. SQLite: writers wait as long. The table is
new.
Safe with the previous release: yes until the first report, whose event that release cannot list.
Reversible: yes, but the reports are only in the ledger then, and after another upgrade their events
are not flagged: report the keys again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "compromise",
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("after_seq", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_compromise")),
    )
    op.create_index("ix_event_actor_seq", "event", ["actor", "seq"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_event_actor_seq", table_name="event")
    op.drop_table("compromise")
