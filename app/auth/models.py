"""The table of API keys. It is not recorded in the ledger, which is public in full."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from app.core.tables import CanonicalJson, Key


class ApiKey(SQLModel, table=True):
    """An API key: who holds it, what it may do, and the hashes by which it is known.

    After a rotation the former secret is good until `former_expires_at`.
    """

    __tablename__ = "api_key"

    id: str = Field(primary_key=True, sa_type=Key)
    name: str = Field(unique=True)
    scopes: list[str] = Field(sa_type=CanonicalJson)
    prefix: str = Field(unique=True, sa_type=Key)
    digest: str = Field(sa_type=Key)
    former_prefix: str | None = Field(default=None, unique=True, sa_type=Key)
    former_digest: str | None = Field(default=None, sa_type=Key)
    former_expires_at: datetime | None = None
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
