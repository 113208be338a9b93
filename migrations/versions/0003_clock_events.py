"""What a question remembers of the clock: what was told last, and when to look at it again.

Locks taken: PostgreSQL: ACCESS EXCLUSIVE on `question` until the commit, while the open questions
are updated and an index is built; whoever reads or writes questions waits for it. The new columns
themselves are empty, which rewrites nothing. SQLite: writers wait; no table is built anew.
Safe with the previous release: yes until the first clock event, whose type that release does not
know, so that it fails to list such events: let the clock run when every server is new. Questions
that it records meanwhile have no clock until they next change.
Reversible: yes; but what was told is forgotten, and told once more after the next upgrade.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("question", sa.Column("overdue_since", KEY, nullable=True))
    op.add_column("question", sa.Column("unanswered_for", sa.Integer(), nullable=True))
    op.add_column("question", sa.Column("clock_day", sa.Integer(), nullable=True))
    # Early at worst, where a question was closed for a while: then the clock finds nothing to say
    # and goes on. A `respond_by_day` that is NULL is not less than anything.
    op.execute(
        "UPDATE question SET clock_day = CASE"
        " WHEN respond_by_day + 1 < first_asked_day + 30 THEN respond_by_day + 1"
        " ELSE first_asked_day + 30 END"
        " WHERE state NOT IN ('answered', 'withdrawn')"
    )
    op.create_index("ix_question_clock", "question", ["clock_day", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_question_clock", table_name="question")
    op.drop_column("question", "clock_day")
    op.drop_column("question", "unanswered_for")
    op.drop_column("question", "overdue_since")
