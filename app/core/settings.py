"""Every setting of the service, read from the environment (prefix `ANSWERABLE_`).

The README's table documents each one; a test fails when a setting is missing there.
"""

import json
import re
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any, Literal, Self

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.core import quotas
from app.core.quotas import Quotas

ASYNC_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}
MAIL = re.compile(r"[^\s:@/]+@[^\s:@/]+")
CONTACT = re.compile(r"(https://|mailto:|tel:)[!-~]+")
REDIS = re.compile(r"rediss?://[^/]")


class Settings(BaseSettings):
    """The configuration of one process."""

    model_config = SettingsConfigDict(env_prefix="ANSWERABLE_", extra="ignore", frozen=True)

    database_url: str = Field(
        "sqlite+aiosqlite:///answerable.db", description="SQLite file or PostgreSQL address."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(
        8000,
        ge=0,
        le=65_535,
        validation_alias=AliasChoices("ANSWERABLE_PORT", "PORT", "port"),
        description="Port to listen on; plain `PORT` is read too.",
    )
    public_url: str = Field(
        "", description="The address that clients use; it begins every link in an answer."
    )
    pepper: SecretStr | None = Field(
        None,
        min_length=32,
        description=(
            "Secret that keys the stored hashes of API keys, signs cursors, seals drafts and the"
            " secrets of webhooks, and makes the key that signs them. With SQLite one is made at"
            " first start and kept beside the database; with PostgreSQL it must be set."
        ),
    )
    database_pool_size: int = Field(10, ge=1, le=200, description="Open connections per process.")
    database_timeout: float = Field(
        10.0, gt=0, le=300, description="Seconds to wait for a connection or for the ledger lock."
    )
    max_body_bytes: int = Field(256 * 1024, ge=1024, description="Largest body of a request.")
    max_import_bytes: int = Field(
        32 * 1024 * 1024, ge=1024, description="Largest request with a file to import."
    )
    body_timeout: float = Field(30.0, gt=0, description="Seconds a client has to send its body.")
    cache_bytes: int = Field(
        64 * 1024 * 1024,
        ge=0,
        description=(
            "Bytes of answers and parts of answers that a process keeps in memory; `0` keeps none."
        ),
    )
    cors_write_origins: list[str] = Field(
        [],
        description="Origins, as a JSON list, whose pages may write. Reading is open to every one.",
    )
    rate_limits: Annotated[Quotas | None, NoDecode] = Field(
        Quotas(),
        description=(
            "How much an address and a key may ask for: `off`, or limits joined by commas, such as"
            " `reads=600/minute,key_reads=3000/minute`; what is left out keeps its default."
        ),
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=16,
        description=(
            "Proxies of your own before the service: a client's address is taken so many places"
            " from the right of `X-Forwarded-For`. With `0` the header is ignored."
        ),
    )
    redis_url: SecretStr | None = Field(
        None,
        description=(
            "Redis in which all processes count together for the rate limits, as"
            " `redis://:PASSWORD@HOST:PORT/0` (`rediss://` with TLS). Left out: each counts by"
            " itself, in memory."
        ),
    )
    security_contact: str = Field(
        "",
        max_length=500,
        description=(
            "Whom `/.well-known/security.txt` names to be told of flaws: an address of mail, or one"
            " that begins with `https://`, `mailto:` or `tel:`."
        ),
    )
    serve_worker: bool | None = Field(
        None,
        description=(
            "Whether `serve` also runs the worker that sends webhooks and publishes drafts. Left"
            " out: with SQLite it does, with PostgreSQL `answerable worker` is run beside it."
        ),
    )
    webhook_allow_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (),
        description=(
            "Networks (CIDR, joined by commas) beyond the public internet that webhooks and"
            " checks of sources may reach."
        ),
    )
    webhook_allow_http: bool = Field(
        False, description="Whether webhooks may go to plain http addresses."
    )
    webhook_timeout: float = Field(
        15.0, gt=0, le=60, description="Seconds that one attempt to deliver may take in all."
    )
    webhook_slots: int = Field(
        256, ge=1, le=1000, description="Deliveries that one worker has under way at once."
    )
    webhook_keep_days: int = Field(
        90, ge=1, le=3650, description="Days that finished deliveries can be looked up."
    )
    log_dir: str = Field(
        "",
        description=(
            "Directory of the log's signing key and of the last checkpoint that it signed. Left"
            " out: named after the database, `answerable.db.tlog` beside that file; with PostgreSQL"
            " in the work folder."
        ),
    )
    log_key: SecretStr | None = Field(
        None,
        description=(
            "Key that signs the log, instead of one made at first start:"
            " `PRIVATE+KEY+…`; during a rotation the new one, a space, and the former one."
        ),
    )
    log_witnesses: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description=(
            "Witnesses that cosign the log, joined by commas, each its verifier key, a space and"
            " its address."
        ),
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe level that is logged."
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="One JSON object a line, or coloured text."
    )

    @field_validator("database_url")
    @classmethod
    def _with_async_driver(cls, url: str) -> str:
        scheme, separator, rest = url.partition("://")
        if not separator or scheme.partition("+")[0] not in ASYNC_DRIVERS:
            raise ValueError("use sqlite:///PATH or postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
        return f"{ASYNC_DRIVERS.get(scheme, scheme)}://{rest}"

    @field_validator("rate_limits", mode="before")
    @classmethod
    def _read_limits(cls, given: Any) -> Any:
        return quotas.read(given) if isinstance(given, str) else given

    @field_validator("security_contact")
    @classmethod
    def _as_uri(cls, given: str) -> str:
        contact = f"mailto:{given}" if MAIL.fullmatch(given) else given
        if contact and not CONTACT.fullmatch(contact):
            raise ValueError("use security@example.org, or https://…, mailto:… or tel:…")
        return contact

    @field_validator("redis_url")
    @classmethod
    def _of_redis(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not REDIS.match(url.get_secret_value()):
            raise ValueError("use redis://:PASSWORD@HOST:PORT/DATABASE, or rediss:// with TLS")
        return url

    @field_validator("webhook_allow_networks", mode="before")
    @classmethod
    def _split_networks(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        return (
            json.loads(given) if given.lstrip().startswith("[") else given.replace(",", " ").split()
        )

    @field_validator("log_witnesses", mode="before")
    @classmethod
    def _split_witnesses(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        return [one.strip() for one in given.split(",") if one.strip()]

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, url: str) -> str:
        return url.rstrip("/")

    @model_validator(mode="after")
    def _default_public_url(self) -> Self:
        if not self.public_url:
            object.__setattr__(self, "public_url", f"http://127.0.0.1:{self.port}")
        return self

    @property
    def runs_worker(self) -> bool:
        """Whether `serve` runs the worker too."""
        return self.is_sqlite if self.serve_worker is None else self.serve_worker

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is used."""
        return self.database_url.startswith("sqlite")
