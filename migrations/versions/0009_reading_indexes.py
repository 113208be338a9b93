"""Reading: the day of a question's first response, and indexes for lists, past days and figures.

Locks taken: on PostgreSQL writers of `question` and `standing` wait while their rows are filled in
and their indexes are made.
Safe with the previous release: yes; what it writes lacks the day until the question is next moved.
Reversible: yes.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FOREVER = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
INDEXES = {
    "ix_question_company_state_since": ("question", ["company_id", "state_since_day", "id"]),
    "ix_question_company_updated_at": ("question", ["company_id", "updated_at", "id"]),
    "ix_question_figures": (
        "question",
        [
            "company_id",
            "state",
            "first_asked_day",
            "state_since_day",
            "respond_by_day",
            "first_response_day",
            "id",
        ],
    ),
    "ix_standing_state_since": ("standing", ["state_since_day", "question_id"]),
}
QUESTION = sa.table("question", sa.column("id"), sa.column("first_response_day"))
STANDING = sa.table(
    "standing",
    sa.column("question_id"),
    sa.column("from_day"),
    sa.column("known_from", sa.DateTime(timezone=True)),
    sa.column("first_response_day"),
)
RESPONSE = sa.table(
    "response",
    sa.column("question_id"),
    sa.column("effective_day"),
    sa.column("created_at", sa.DateTime(timezone=True)),
    sa.column("corrected_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    for table in ("question", "standing"):
        op.add_column(table, sa.Column("first_response_day", sa.Integer(), nullable=True))
    first = sa.select(sa.func.min(RESPONSE.c.effective_day))
    of_question = first.where(
        RESPONSE.c.question_id == QUESTION.c.id, RESPONSE.c.corrected_at == FOREVER
    )
    of_span = first.where(
        RESPONSE.c.question_id == STANDING.c.question_id,
        RESPONSE.c.effective_day <= STANDING.c.from_day,
        RESPONSE.c.created_at <= STANDING.c.known_from,
        RESPONSE.c.corrected_at > STANDING.c.known_from,
    )
    op.execute(QUESTION.update().values(first_response_day=of_question.scalar_subquery()))
    op.execute(STANDING.update().values(first_response_day=of_span.scalar_subquery()))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # an index cannot be made while any waits
    for name, (table, columns) in INDEXES.items():
        op.create_index(name, table, columns, unique=False)


def downgrade() -> None:
    for name, (table, _) in reversed(INDEXES.items()):
        op.drop_index(name, table_name=table)
    for table in ("standing", "question"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("first_response_day")
