"""Mergers: what was merged into what, and to which company a question was put as known when.

Locks taken: on PostgreSQL writers of `company`, `asker`, `question` and `standing` wait while
`standing` is filled in and one index of `question` is made anew.
Safe with the previous release: no; it does not fill in `standing.company_id`.
Reversible: yes, as long as nothing was merged; what was is shown twice again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
QUESTION = sa.table("question", sa.column("id"), sa.column("company_id"))
STANDING = sa.table("standing", sa.column("question_id"), sa.column("company_id"))
FIGURES = (
    "company_id", "state", "first_asked_day", "state_since_day", "respond_by_day",
    "first_response_day",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "merger",
        sa.Column("merged_id", KEY, nullable=False),
        sa.Column("known_from", INSTANT, nullable=False),
        sa.Column("known_to", INSTANT, nullable=False),
        sa.Column("into_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("merged_id", "known_from", name=op.f("pk_merger")),
    )
    op.create_index("ix_merger_into", "merger", ["into_id", "known_to"], unique=False)
    for table in ("company", "asker", "question"):
        op.add_column(table, sa.Column("merged_into", KEY, nullable=True))
    op.add_column("standing", sa.Column("company_id", KEY, nullable=True))
    company = sa.select(QUESTION.c.company_id).where(QUESTION.c.id == STANDING.c.question_id)
    op.execute(STANDING.update().values(company_id=company.scalar_subquery()))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # an index cannot be made while any waits
    with op.batch_alter_table("standing") as batch:
        batch.alter_column("company_id", existing_type=KEY, nullable=False)
    op.drop_index("ix_question_figures", table_name="question")
    op.create_index("ix_question_figures", "question", [*FIGURES, "merged_into", "id"])


def downgrade() -> None:
    op.drop_index("ix_question_figures", table_name="question")
    op.create_index("ix_question_figures", "question", [*FIGURES, "id"])
    for table, column in (
        ("standing", "company_id"),
        ("question", "merged_into"),
        ("asker", "merged_into"),
        ("company", "merged_into"),
    ):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
    op.drop_table("merger")
