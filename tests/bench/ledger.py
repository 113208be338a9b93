"""The recorder's bookkeeping, done in memory: numbers, stamps and events for rows to be."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from app.core.tables import table_of
from app.ledger.models import Event, Recorded

EVENT = table_of(Event)


class Row(dict[str, Any]):
    """A row's columns and the rows that it names, read as the attributes that a model has."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


Rows = tuple[Any, list[Row]]
"""A table, and rows for it."""


class Ledger:
    """Numbers and describes changes as the recorder does, and keeps rows until they are taken."""

    def __init__(self) -> None:
        self.seq = 0
        self.instant = datetime(1970, 1, 1, tzinfo=UTC)
        self._pending: dict[Any, list[Row]] = defaultdict(list)
        self._images: dict[Any, list[tuple[str, str]]] = {}

    def begin(self, instant: datetime) -> None:
        """Begin a transaction."""
        self.instant = max(instant, self.instant + timedelta(microseconds=1))

    def add(self, table: Any, row: Row) -> None:
        """Keep a row that will not change any more."""
        self._pending[table].append(row)

    def record(
        self, model: Any, row: Row, previous: dict[str, Any] | None = None, **note: Any
    ) -> None:
        """Record that a row is new, or with `previous` that it changed."""
        self.seq += 1
        if previous is None:
            row["created_at"] = self.instant
        row["updated_at"], row["version"] = self.instant, self.seq
        said = model.headline(row, previous, note)
        data = {"object": self._image(model, row), **said.details}
        if previous is not None:
            data["previous"] = previous
        event = Row(
            seq=self.seq,
            type=said.type,
            recorded_at=self.instant,
            effective_on=said.effective_on,
            actor="bench",
            reason=said.reason,
            subject_type=row.id.partition("_")[0],
            subject_id=row.id,
            subject_slug=said.slug,
            company_id=said.company_id,
            company_slug=said.company_slug,
            question_id=said.question_id,
            summary=said.summary,
            data=data,
        )
        self.add(EVENT, event)

    def new(self, model: type[Recorded], row: Row) -> Row:
        """Record a new row that will not change any more."""
        self.record(model, row)
        self.add(table_of(model), row)
        return row

    def take(self, at_least: int = 1) -> Iterator[Rows]:
        """Give away the rows of every table that has so many."""
        for table, rows in self._pending.items():
            if len(rows) >= at_least:
                self._pending[table] = []
                yield table, rows

    def _image(self, model: Any, row: Row) -> dict[str, Any]:
        if model not in self._images:
            names = model.__references__
            self._images[model] = [(key, names.get(key, key)) for key in model.recorded_columns()]
        return {name: row[key] for key, name in self._images[model]}
