"""Search: the documents that are searched, the forms of words, names, and the index over them.

The tables are empty afterwards: `answerable migrate` fills them from the record, some questions at
a time, and goes on where it was when it is run again.

Locks taken: none that matter; the tables are new.
Safe with the previous release: yes; what it writes is found after the next `answerable migrate`.
Reversible: yes; all of it derives from the record.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
ROWID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
VECTOR = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")

FTS = """
CREATE VIRTUAL TABLE search_words USING fts5(
    head, rest, content = 'search_document', content_rowid = 'docid', columnsize = 0,
    tokenize = 'ascii'
)
"""
ADD = "INSERT INTO search_words(rowid, head, rest) VALUES (new.docid, new.head, new.rest);"
TAKE = (
    "INSERT INTO search_words(search_words, rowid, head, rest)"
    " VALUES ('delete', old.docid, old.head, old.rest);"
)
TRIGGERS = {
    "search_document_added": f"AFTER INSERT ON search_document BEGIN {ADD} END",
    "search_document_changed": (
        f"AFTER UPDATE OF head, rest ON search_document BEGIN {TAKE} {ADD} END"
    ),
    "search_document_taken": f"AFTER DELETE ON search_document BEGIN {TAKE} END",
}
GIN = """
CREATE INDEX ix_search_document_words ON search_document USING gin (words)
    WITH (gin_pending_list_limit = 1024)
"""
# Every search reads what is pending, so it is to be little (kB).


def upgrade() -> None:
    op.create_table(
        "search_document",
        sa.Column("docid", ROWID, autoincrement=False, nullable=False),
        sa.Column("question_id", KEY, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("made", KEY, nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("rest", sa.Text(), nullable=False),
        sa.Column("words", VECTOR, nullable=True),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["question.id"],
            name=op.f("fk_search_document_question_id_question"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("docid", name=op.f("pk_search_document")),
        sa.UniqueConstraint("question_id", name=op.f("uq_search_document_question_id")),
    )
    op.create_table(
        "search_form",
        sa.Column("language", KEY, nullable=False),
        sa.Column("stem", KEY, nullable=False),
        sa.Column("word", KEY, nullable=False),
        sa.PrimaryKeyConstraint("language", "stem", "word", name=op.f("pk_search_form")),
    )
    op.create_index(op.f("ix_search_form_word"), "search_form", ["word"], unique=False)
    op.create_table(
        "search_name",
        sa.Column("word", KEY, nullable=False),
        sa.Column("company_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_search_name_company_id_company"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("word", "company_id", name=op.f("pk_search_name")),
    )
    op.create_index(op.f("ix_search_name_company_id"), "search_name", ["company_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        _make_fts()
        for name, body in TRIGGERS.items():
            op.execute(f"CREATE TRIGGER {name} {body}")
    else:
        op.execute(GIN)


def _make_fts() -> None:
    try:
        op.execute(FTS)
    except OperationalError as error:
        raise RuntimeError(
            f"The SQLite of this Python has no full-text search (FTS5): {error.orig}. Use another"
            " build of Python, or PostgreSQL."
        ) from None


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_words")
    for table in ("search_name", "search_form", "search_document"):
        op.drop_table(table)
