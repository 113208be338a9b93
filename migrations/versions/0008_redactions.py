"""Redactions: which parts of the record were made unreadable, on which legal basis and why.

Locks taken: none that matter; the table is new.
Safe with the previous release: yes until the first redaction, whose event that release cannot list.
Reversible: yes; but what was redacted does not come back, and the events that say so stay.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "redaction",
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("pointers", sa.Text(), nullable=False),
        sa.Column("places", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("company_id", KEY, nullable=True),
        sa.Column("question_id", KEY, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redaction")),
    )
    op.create_index(op.f("ix_redaction_seq"), "redaction", ["seq"], unique=False)


def downgrade() -> None:
    op.drop_table("redaction")
