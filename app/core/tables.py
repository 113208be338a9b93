"""Column types and names that all tables share."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ForeignKey, MetaData, String, Text
from sqlalchemy.orm.attributes import manager_of_class, set_attribute
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from app.core.dates import format_instant

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
T = TypeVar("T", bound=SQLModel)
METADATA: MetaData = SQLModel.metadata


def table_of(model: type[SQLModel]) -> Any:
    """Return a model's table, whose columns make Core queries."""
    return model.__table__  # type: ignore[attr-defined]


def make(model: type[T], **values: Any) -> T:
    """Make a row of a table that is to be added, a third of the time that its class would take.

    Pydantic checks no rows of tables, so that it need not be asked.
    """
    row: T = manager_of_class(model).new_instance()
    row.__dict__.update(_defaults(model))
    row.__dict__.update(values)
    return row


@cache
def _defaults(model: type[SQLModel]) -> dict[str, Any]:
    return {
        name: field.default
        for name, field in model.model_fields.items()
        if not field.is_required() and field.default_factory is None
    }


def change(row: SQLModel, values: Mapping[str, Any]) -> None:
    """Change columns of a row, those that have another value, as quickly."""
    for name, value in values.items():
        if row.__dict__.get(name) != value:
            set_attribute(row, name, value)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return format_instant(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain
).encode


def canonical_json(value: Any) -> str:
    """Write JSON in one way only: keys sorted, no spaces, instants in UTC with microseconds.

    It is the form of RFC 8785 for what is recorded here: text, whole numbers, truth, lists, and
    objects whose names are ASCII.
    """
    return _encode(value)


class CanonicalJson(TypeDecorator[Any]):
    """JSON stored as its canonical text, the same bytes in both databases.

    A value changed in place is not noticed: assign a new one.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else json.loads(value)


class Key(TypeDecorator[str]):
    """Text that is compared and sorted byte by byte in both databases: ids, slugs, tags, codes."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(String(collation="C"))
        return dialect.type_descriptor(String())


def reference(target: str, **options: Any) -> Any:
    """Make a column that refers to another table's id.

    The database checks it at the commit, so that rows of one transaction may come in any order.
    """
    constraint = ForeignKey(target, deferrable=True, initially="DEFERRED")
    return Field(sa_type=Key, sa_column_args=[constraint], **options)
