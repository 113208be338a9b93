"""The tables of the record, of the ledger, and of keys.

Locks taken: none that matter; every table is new.
Safe with the previous release: there is none.
Reversible: yes, by dropping all that is recorded.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("prefix", KEY, nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("former_prefix", KEY, nullable=True),
        sa.Column("former_digest", KEY, nullable=True),
        sa.Column("former_expires_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("former_prefix", name=op.f("uq_api_key_former_prefix")),
        sa.UniqueConstraint("name", name=op.f("uq_api_key_name")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_key_prefix")),
    )
    op.create_table(
        "asker",
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("slug", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asker")),
        sa.UniqueConstraint("slug", name=op.f("uq_asker_slug")),
    )
    op.create_table(
        "company",
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("slug", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("identifiers", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
        sa.UniqueConstraint("slug", name=op.f("uq_company_slug")),
    )
    op.create_table(
        "correction",
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("target_id", KEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("replacement_id", KEY, nullable=True),
        sa.Column("company_id", KEY, nullable=False),
        sa.Column("question_id", KEY, nullable=True),
        sa.Column("part_of", KEY, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("replacement_id", name=op.f("uq_correction_replacement_id")),
        sa.UniqueConstraint("target_id", name=op.f("uq_correction_target_id")),
    )
    op.create_index(op.f("ix_correction_part_of"), "correction", ["part_of"], unique=False)
    op.create_index("ix_correction_question", "correction", ["question_id", "id"], unique=False)
    op.create_table(
        "dossier",
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("slug", KEY, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("translations", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier")),
        sa.UniqueConstraint("slug", name=op.f("uq_dossier_slug")),
    )
    op.create_table(
        "event",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", KEY, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("effective_on", KEY, nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("subject_type", KEY, nullable=False),
        sa.Column("subject_id", KEY, nullable=False),
        sa.Column("subject_slug", KEY, nullable=True),
        sa.Column("company_id", KEY, nullable=True),
        sa.Column("company_slug", KEY, nullable=True),
        sa.Column("question_id", KEY, nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
    )
    op.create_index("ix_event_company_id_seq", "event", ["company_id", "seq"], unique=False)
    op.create_index("ix_event_question_id_seq", "event", ["question_id", "seq"], unique=False)
    op.create_index(op.f("ix_event_recorded_at"), "event", ["recorded_at"], unique=False)
    op.create_index("ix_event_subject_id_seq", "event", ["subject_id", "seq"], unique=False)
    op.create_index("ix_event_type_seq", "event", ["type", "seq"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("digest", KEY, nullable=False),
        sa.Column("fingerprint", KEY, nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_created_at"), "idempotency", ["created_at"], unique=False)
    op.create_table(
        "log_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
    )
    op.create_table(
        "slug",
        sa.Column("kind", KEY, nullable=False),
        sa.Column("slug", KEY, nullable=False),
        sa.Column("target", KEY, nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "slug", name=op.f("pk_slug")),
    )
    op.create_index(op.f("ix_slug_target"), "slug", ["target"], unique=False)
    op.create_table(
        "source",
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("archived_url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("publisher", sa.String(), nullable=True),
        sa.Column("author", sa.String(), nullable=True),
        sa.Column("published_on", KEY, nullable=True),
        sa.Column("lang", KEY, nullable=True),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("sha256", KEY, nullable=True),
        sa.Column("seen_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
    )
    op.create_index(op.f("ix_source_sha256"), "source", ["sha256"], unique=False)
    op.create_index("ix_source_url_sha256", "source", ["url", "sha256"], unique=False)
    op.create_table(
        "company_identifier",
        sa.Column("scheme", KEY, nullable=False),
        sa.Column("value", KEY, nullable=False),
        sa.Column("company_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_company_identifier_company_id_company"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("scheme", "value", name=op.f("pk_company_identifier")),
    )
    op.create_index(
        op.f("ix_company_identifier_company_id"), "company_identifier", ["company_id"], unique=False
    )
    op.create_table(
        "question",
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("slug", KEY, nullable=False),
        sa.Column("company_id", KEY, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lang", KEY, nullable=False),
        sa.Column("context", sa.Text(), nullable=True),
        sa.Column("translations", sa.Text(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("dossier_ids", sa.Text(), nullable=False),
        sa.Column("respond_by", KEY, nullable=True),
        sa.Column("last_checked_on", KEY, nullable=True),
        sa.Column("external_id", KEY, nullable=True),
        sa.Column("state", KEY, nullable=False),
        sa.Column("first_asked_on", KEY, nullable=False),
        sa.Column("first_asked_day", sa.Integer(), nullable=False),
        sa.Column("state_since", KEY, nullable=False),
        sa.Column("state_since_day", sa.Integer(), nullable=False),
        sa.Column("latest_response_id", KEY, nullable=True),
        sa.Column("response_count", sa.Integer(), nullable=False),
        sa.Column("correction_count", sa.Integer(), nullable=False),
        sa.Column("respond_by_day", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_question_company_id_company"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("external_id", name=op.f("uq_question_external_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_question_slug")),
    )
    op.create_index(
        "ix_question_company_first_asked",
        "question",
        ["company_id", "first_asked_day", "id"],
        unique=False,
    )
    op.create_index(
        "ix_question_company_state_first_asked",
        "question",
        ["company_id", "state", "first_asked_day", "id"],
        unique=False,
    )
    op.create_index("ix_question_first_asked", "question", ["first_asked_day", "id"], unique=False)
    op.create_index(
        "ix_question_state_first_asked",
        "question",
        ["state", "first_asked_day", "id"],
        unique=False,
    )
    op.create_index("ix_question_state_since", "question", ["state_since_day", "id"], unique=False)
    op.create_index("ix_question_updated_at", "question", ["updated_at", "id"], unique=False)
    op.create_table(
        "statement",
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("company_id", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("published_on", KEY, nullable=False),
        sa.Column("published_day", sa.Integer(), nullable=False),
        sa.Column("lang", KEY, nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("attributed_to", sa.String(), nullable=True),
        sa.Column("source_id", KEY, nullable=False),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.Column("corrected_at", INSTANT, nullable=False),
        sa.Column("corrected_by", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["company.id"],
            name=op.f("fk_statement_company_id_company"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
            name=op.f("fk_statement_source_id_source"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
    )
    op.create_index(
        "ix_statement_company", "statement", ["company_id", "published_day", "id"], unique=False
    )
    op.create_index(
        op.f("ix_statement_published_day"), "statement", ["published_day"], unique=False
    )
    op.create_table(
        "ask",
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("effective_day", sa.Integer(), nullable=False),
        sa.Column("corrected_at", INSTANT, nullable=False),
        sa.Column("corrected_by", KEY, nullable=True),
        sa.Column("question_id", KEY, nullable=False),
        sa.Column("asker_id", KEY, nullable=False),
        sa.Column("asked_on", KEY, nullable=False),
        sa.Column("channel", KEY, nullable=True),
        sa.Column("source_id", KEY, nullable=False),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["asker_id"],
            ["asker.id"],
            name=op.f("fk_ask_asker_id_asker"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["question.id"],
            name=op.f("fk_ask_question_id_question"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
            name=op.f("fk_ask_source_id_source"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ask")),
    )
    op.create_index("ix_ask_asker", "ask", ["asker_id", "question_id"], unique=False)
    op.create_index("ix_ask_question", "ask", ["question_id", "effective_day", "id"], unique=False)
    op.create_table(
        "question_dossier",
        sa.Column("dossier_id", KEY, nullable=False),
        sa.Column("question_id", KEY, nullable=False),
        sa.Column("known_from", INSTANT, nullable=False),
        sa.Column("known_to", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["dossier_id"],
            ["dossier.id"],
            name=op.f("fk_question_dossier_dossier_id_dossier"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["question.id"],
            name=op.f("fk_question_dossier_question_id_question"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint(
            "dossier_id", "question_id", "known_from", name=op.f("pk_question_dossier")
        ),
    )
    op.create_index(
        op.f("ix_question_dossier_question_id"), "question_dossier", ["question_id"], unique=False
    )
    op.create_table(
        "question_topic",
        sa.Column("topic", KEY, nullable=False),
        sa.Column("question_id", KEY, nullable=False),
        sa.Column("known_from", INSTANT, nullable=False),
        sa.Column("known_to", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["question.id"],
            name=op.f("fk_question_topic_question_id_question"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint(
            "topic", "question_id", "known_from", name=op.f("pk_question_topic")
        ),
    )
    op.create_index(
        op.f("ix_question_topic_question_id"), "question_topic", ["question_id"], unique=False
    )
    op.create_table(
        "response",
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("effective_day", sa.Integer(), nullable=False),
        sa.Column("corrected_at", INSTANT, nullable=False),
        sa.Column("corrected_by", KEY, nullable=True),
        sa.Column("question_id", KEY, nullable=False),
        sa.Column("statement_id", KEY, nullable=False),
        sa.Column("effective_on", KEY, nullable=False),
        sa.Column("verdict", KEY, nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=True),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["question.id"],
            name=op.f("fk_response_question_id_question"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["statement.id"],
            name=op.f("fk_response_statement_id_statement"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response")),
    )
    op.create_index(
        "ix_response_question", "response", ["question_id", "effective_day", "id"], unique=False
    )
    op.create_index("ix_response_statement", "response", ["statement_id", "id"], unique=False)
    op.create_table(
        "ruling",
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("effective_day", sa.Integer(), nullable=False),
        sa.Column("corrected_at", INSTANT, nullable=False),
        sa.Column("corrected_by", KEY, nullable=True),
        sa.Column("question_id", KEY, nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("effective_on", KEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source_id", KEY, nullable=True),
        sa.Column("quote", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["question.id"],
            name=op.f("fk_ruling_question_id_question"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["source.id"],
            name=op.f("fk_ruling_source_id_source"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ruling")),
    )
    op.create_index(
        "ix_ruling_question", "ruling", ["question_id", "effective_day", "id"], unique=False
    )
    op.create_table(
        "standing",
        sa.Column("question_id", KEY, nullable=False),
        sa.Column("known_from", INSTANT, nullable=False),
        sa.Column("from_day", sa.Integer(), nullable=False),
        sa.Column("known_to", INSTANT, nullable=False),
        sa.Column("to_day", sa.Integer(), nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("state_since", KEY, nullable=False),
        sa.Column("state_since_day", sa.Integer(), nullable=False),
        sa.Column("first_asked_on", KEY, nullable=False),
        sa.Column("first_asked_day", sa.Integer(), nullable=False),
        sa.Column("latest_response_id", KEY, nullable=True),
        sa.Column("response_count", sa.Integer(), nullable=False),
        sa.Column("correction_count", sa.Integer(), nullable=False),
        sa.Column("respond_by_day", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["question.id"],
            name=op.f("fk_standing_question_id_question"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("question_id", "known_from", "from_day", name=op.f("pk_standing")),
    )
    op.create_index(
        "ix_standing_days", "standing", ["question_id", "known_to", "from_day"], unique=False
    )
    op.create_index(
        "ix_standing_first_asked", "standing", ["first_asked_day", "question_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_standing_first_asked", table_name="standing")
    op.drop_index("ix_standing_days", table_name="standing")
    op.drop_table("standing")
    op.drop_index("ix_ruling_question", table_name="ruling")
    op.drop_table("ruling")
    op.drop_index("ix_response_statement", table_name="response")
    op.drop_index("ix_response_question", table_name="response")
    op.drop_table("response")
    op.drop_index(op.f("ix_question_topic_question_id"), table_name="question_topic")
    op.drop_table("question_topic")
    op.drop_index(op.f("ix_question_dossier_question_id"), table_name="question_dossier")
    op.drop_table("question_dossier")
    op.drop_index("ix_ask_question", table_name="ask")
    op.drop_index("ix_ask_asker", table_name="ask")
    op.drop_table("ask")
    op.drop_index(op.f("ix_statement_published_day"), table_name="statement")
    op.drop_index("ix_statement_company", table_name="statement")
    op.drop_table("statement")
    op.drop_index("ix_question_updated_at", table_name="question")
    op.drop_index("ix_question_state_since", table_name="question")
    op.drop_index("ix_question_state_first_asked", table_name="question")
    op.drop_index("ix_question_first_asked", table_name="question")
    op.drop_index("ix_question_company_state_first_asked", table_name="question")
    op.drop_index("ix_question_company_first_asked", table_name="question")
    op.drop_table("question")
    op.drop_index(op.f("ix_company_identifier_company_id"), table_name="company_identifier")
    op.drop_table("company_identifier")
    op.drop_index("ix_source_url_sha256", table_name="source")
    op.drop_index(op.f("ix_source_sha256"), table_name="source")
    op.drop_table("source")
    op.drop_index(op.f("ix_slug_target"), table_name="slug")
    op.drop_table("slug")
    op.drop_table("log_head")
    op.drop_index(op.f("ix_idempotency_created_at"), table_name="idempotency")
    op.drop_table("idempotency")
    op.drop_index("ix_event_type_seq", table_name="event")
    op.drop_index("ix_event_subject_id_seq", table_name="event")
    op.drop_index(op.f("ix_event_recorded_at"), table_name="event")
    op.drop_index("ix_event_question_id_seq", table_name="event")
    op.drop_index("ix_event_company_id_seq", table_name="event")
    op.drop_table("event")
    op.drop_table("dossier")
    op.drop_index("ix_correction_question", table_name="correction")
    op.drop_index(op.f("ix_correction_part_of"), table_name="correction")
    op.drop_table("correction")
    op.drop_table("company")
    op.drop_table("asker")
    op.drop_table("api_key")
