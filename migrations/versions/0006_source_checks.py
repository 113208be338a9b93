"""What checks of sources find: the hash of what was read first, and what is at the address now.

Locks taken: PostgreSQL: ACCESS EXCLUSIVE on `source` until the commit, which is short: the new
columns are empty, which rewrites nothing. SQLite: writers wait; no table is built anew.
Safe with the previous release: yes until the first check, whose types of event that release does
not know, so that it fails to list such events, and whose findings are missing in the events of the
sources that it edits: check sources when every server is new.
Reversible: yes, but the findings are only in the ledger then: after another upgrade the sources
differ from it until the next check, which tells of them once more.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
COLUMNS: dict[str, Any] = {
    "read_sha256": KEY,
    "read_at": INSTANT,
    "online": KEY,
    "found_sha256": KEY,
    "found_at": INSTANT,
    "checked_at": INSTANT,
    "tried_at": INSTANT,
}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("source", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("source", name)
