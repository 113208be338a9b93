"""A list as one parameter of a statement.

`IN (?, ?, …)` is another statement for each length of the list, so none could be prepared once and
kept; `among` makes the same statement for all.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, LargeBinary, String, Text, bindparam, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


class _Texts(TypeDecorator[Sequence[Any]]):
    """A list of texts: an array in PostgreSQL, JSON in SQLite."""

    impl = Text
    cache_ok = True
    of: Any = String

    def load_dialect_impl(self, dialect: Any) -> Any:
        kind = ARRAY(self.of()) if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))


class _Numbers(_Texts):
    """A list of whole numbers."""

    cache_ok = True
    of = BigInteger


class _Among(FunctionElement[Any]):
    inherit_cache = True
    name = "among"  # without a type: for a boolean SQLite would be asked whether it is 1


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that a column's value is in the list that is bound to a name."""
    kind = _Numbers() if isinstance(column.type, BigInteger) else _Texts()
    return _Among(column, bindparam(name, type_=kind))


@compiles(_Among)
def _in_json(element: Any, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608  no text of others


@compiles(_Among, "postgresql")
def _in_array(element: Any, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({values})"


class _Holds(FunctionElement[Any]):
    inherit_cache = True
    name = "holds"  # without a type, as above


def holds(column: ColumnElement[Any], part: bytes) -> ColumnElement[bool]:
    """Return the condition that a column of bytes holds some bytes."""
    return _Holds(column, literal(part, LargeBinary()))


@compiles(_Holds)
def _instr(element: Any, compiler: Any, **options: Any) -> str:
    column, part = (compiler.process(clause, **options) for clause in element.clauses)
    return f"instr({column}, {part}) > 0"


@compiles(_Holds, "postgresql")
def _position(element: Any, compiler: Any, **options: Any) -> str:
    column, part = (compiler.process(clause, **options) for clause in element.clauses)
    return f"position({part} in {column}) > 0"
