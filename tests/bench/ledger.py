"""The recorder's bookkeeping, done in memory: numbers, stamps and events for rows to be."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from app.core.dates import format_instant
from app.core.tables import CanonicalJson, canonical_json, table_of
from app.ledger import leaves, tree
from app.ledger.models import Disclosure, Event, Recorded, TreeNode
from tests.bench import sealing

EVENT, DISCLOSURE, NODE = table_of(Event), table_of(Disclosure), table_of(TreeNode)
CHECKED = 499
"""One event of so many is read back as the application reads it."""


class Row(SimpleNamespace):
    """A row's columns and the rows that it names, as the attributes that a model has."""


Values = tuple[Any, ...]
Rows = tuple[Any, list[Values]]
"""A table, and rows for it: values in the order of its columns, JSON as its text."""


class Ledger:
    """Numbers and describes changes as the recorder does, and keeps rows until they are taken."""

    def __init__(self) -> None:
        self.seq = 0
        self.peaks: list[bytes] = []
        self.instant = datetime(1970, 1, 1, tzinfo=UTC)
        self._instant = ""
        self._leaves: list[bytes] = []
        self._pending: dict[Any, list[Values]] = defaultdict(list)
        self._shapes: dict[Any, Callable[[Row], Values]] = {}
        self._images: dict[Any, tuple[list[str], Callable[[Row], Values]]] = {}

    def begin(self, instant: datetime) -> None:
        """Begin a transaction."""
        self.instant = max(instant, self.instant + timedelta(microseconds=1))
        self._instant = format_instant(self.instant)

    def add(self, table: Any, row: Row) -> None:
        """Keep a row that will not change any more."""
        if table not in self._shapes:
            self._shapes[table] = _shape(table)
        self._pending[table].append(self._shapes[table](row))

    def record(
        self, model: Any, row: Row, previous: dict[str, Any] | None = None, **note: Any
    ) -> None:
        """Record that a row is new, or with `previous` that it changed."""
        self.seq += 1
        if previous is None:
            row.created_at = self.instant
        row.updated_at, row.version = self.instant, self.seq
        said = model.headline(row, previous, note)
        data = {leaves.OBJECT: self._image(model, row), **said.details}
        if previous is not None:
            data[leaves.PREVIOUS] = previous
        event = leaves.compose(
            said,
            data,
            seq=self.seq,
            recorded_at=self.instant,
            actor="bench",
            subject_id=row.id,
        )
        event["recorded_at"] = self._instant
        whole = canonical_json(event) if self.seq % CHECKED == 0 else None
        leaf, content = sealing.seal(event, model.__personal__)
        if whole is not None:
            sealing.check(whole, leaf, content)
        self.append(
            Row(
                seq=self.seq,
                type=said.type,
                recorded_at=self.instant,
                actor="bench",
                subject_id=row.id,
                company_id=said.company_id,
                question_id=said.question_id,
                leaf=leaf,
            ),
            content,
        )

    def append(self, event: Row, content: str) -> None:
        """Keep an event and what opens it."""
        self._leaves.append(tree.leaf_hash(event.leaf))
        self.add(EVENT, event)
        self._pending[DISCLOSURE].append((event.seq, content))

    def new(self, model: type[Recorded], row: Row) -> Row:
        """Record a new row that will not change any more."""
        self.record(model, row)
        self.add(table_of(model), row)
        return row

    def take(self, at_least: int = 1) -> Iterator[Rows]:
        """Give away the rows of every table that has so many."""
        if len(self._leaves) >= at_least:
            self._grow()
        for table, rows in self._pending.items():
            if len(rows) >= at_least:
                self._pending[table] = []
                yield table, rows

    def _grow(self) -> None:
        """Keep the part of the Merkle tree that the events since the last time complete."""
        size = self.seq - len(self._leaves)
        nodes, self.peaks = tree.append(size, self.peaks, self._leaves)
        self._leaves = []
        self._pending[NODE] += sorted((tree.key(address), value) for address, value in nodes)

    def _image(self, model: Any, row: Row) -> dict[str, Any]:
        if model not in self._images:
            names, keys = model.__references__, model.recorded_columns()
            self._images[model] = [names.get(key, key) for key in keys], attrgetter(*keys)
        public, values = self._images[model]
        return dict(zip(public, values(row), strict=True))


def _shape(table: Any) -> Callable[[Row], Values]:
    """Return what makes a row of a table's values."""
    values = attrgetter(*(column.name for column in table.c))
    texts = [n for n, column in enumerate(table.c) if isinstance(column.type, CanonicalJson)]
    if not texts:
        return values

    def shape(row: Row) -> Values:
        found = list(values(row))
        for n in texts:
            found[n] = canonical_json(found[n])
        return tuple(found)

    return shape
