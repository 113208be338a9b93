"""The tables of the search index. They derive from the record, so nothing of them is recorded.

On SQLite the words are in an FTS5 table beside them, `search_words`, which triggers keep in step
with `search_document`; on PostgreSQL they are in its column `words`, with a GIN index. Migration
0010 makes both.
"""

from typing import Any

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from app.core.tables import Key, reference, table_of

ROWID: Any = BigInteger().with_variant(Integer(), "sqlite")
"""A number that is the row's own address in SQLite, as FTS5 wants it."""


class Vector(TypeDecorator[str]):
    """PostgreSQL's `tsvector`, given as its literal. On SQLite it stays empty."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        """Return the type of the database."""
        return dialect.type_descriptor(TSVECTOR() if dialect.name == "postgresql" else Text())


class SearchDocument(SQLModel, table=True):
    """What is searched of one question.

    docid: the seq of the event that put it on the record. version: the question's when this was
    made. made: by which version of the words. head: the first words of each field, for ranking.
    rest: the words of what is longer, and the tokens. See `search.documents`.
    """

    __tablename__ = "search_document"

    docid: int = Field(primary_key=True, sa_type=ROWID, sa_column_kwargs={"autoincrement": False})
    question_id: str = reference("question.id", unique=True)
    version: int = Field(sa_type=BigInteger)
    made: str = Field(sa_type=Key)
    head: str = Field(sa_type=Text)
    rest: str = Field(sa_type=Text)
    words: str | None = Field(default=None, sa_type=Vector)


class SearchForm(SQLModel, table=True):
    """That a word is a form of a stem in a language, and stood in a question."""

    __tablename__ = "search_form"

    language: str = Field(primary_key=True, sa_type=Key)
    stem: str = Field(primary_key=True, sa_type=Key)
    word: str = Field(primary_key=True, sa_type=Key, index=True)


class SearchName(SQLModel, table=True):
    """That a word stands in a name of a company, or in its slug."""

    __tablename__ = "search_name"

    word: str = Field(primary_key=True, sa_type=Key)
    company_id: str = reference("company.id", primary_key=True, index=True)


DOCUMENT = table_of(SearchDocument)
FORM = table_of(SearchForm)
NAME = table_of(SearchName)
