"""The report of an import: all rows counted, and as many listed as somebody may want to read."""

from collections import Counter
from collections.abc import Iterable

from app.imports.schemas import (
    LISTED,
    ImportReport,
    RowChange,
    RowNote,
    RowOutcome,
    RowReport,
)


class Report:
    """Gathers what becomes of rows."""

    def __init__(self) -> None:
        self._counts: Counter[RowOutcome] = Counter()
        self._rows: list[RowReport] = []

    @property
    def refused(self) -> int:
        """How many rows are refused."""
        return self._counts[RowOutcome.REFUSED]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are of each outcome."""
        return {outcome.value: self._counts[outcome] for outcome in RowOutcome}

    def add(self, row: RowReport) -> None:
        """Count a row, and list it if there is room."""
        self._counts[row.outcome] += 1
        if self._counts[row.outcome] <= LISTED:
            self._rows.append(row)

    def refuse(self, notes: Iterable[RowNote], external_id: str | None = None) -> None:
        """Take in why a row, or the file, is refused."""
        found = list(notes)
        self.add(row(found[0].line, RowOutcome.REFUSED, external_id, None, notes=found))

    def faults(self) -> Iterable[RowNote]:
        """Yield what is wrong with rows, as far as they are listed."""
        for one in self._rows:
            if one.outcome is RowOutcome.REFUSED:
                yield from one.notes

    def read(self, companies: list[str], askers: list[str], *, dry_run: bool) -> ImportReport:
        """Return the report. In a dry run what would be new has no id."""
        rows = self._rows
        if dry_run:
            without = {"id": None}
            rows = [
                one.model_copy(update=without) if one.outcome is RowOutcome.CREATED else one
                for one in rows
            ]
        return ImportReport(
            **self.counts,
            companies=companies,
            askers=askers,
            rows=rows,
            is_complete=len(rows) == self._counts.total(),
        )


def row(
    line: int,
    outcome: RowOutcome,
    external_id: str | None,
    row_id: str | None,
    *,
    changes: Iterable[RowChange] = (),
    notes: Iterable[RowNote] = (),
) -> RowReport:
    """Make the report of one row."""
    return RowReport(
        line=line,
        outcome=outcome,
        external_id=external_id,
        id=row_id,
        changes=list(changes),
        notes=list(notes),
    )
