"""Companies and askers by what stands in a cell: a slug, an id, or a name exactly as it is."""

import difflib
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.askers import service as askers
from app.askers.models import Asker, AskerKind
from app.askers.schemas import AskerCreate
from app.companies import service as companies
from app.companies.models import Company
from app.companies.schemas import CompanyCreate
from app.core import foresight
from app.core.lists import among
from app.core.slugs import SLUG
from app.core.tables import table_of
from app.imports.checking import made
from app.imports.reading import Line, Refused, note

Named = TypeVar("Named", bound=Company | Asker)
COMPARED = 5000
"""So many names are compared to find those that a mistyped one may mean."""
NEAREST = 3


class Names(Generic[Named]):
    """The companies, or the askers, that an import names.

    created: the names of those that it put on the record.
    """

    def __init__(self, session: AsyncSession, model: type[Named], *, creates: bool) -> None:
        self.created: list[str] = []
        self._session, self._creates = session, creates
        self._model: type[Named] = model
        self._table = table_of(model)
        self._kind = str(model.__tablename__)
        self._known: dict[str, list[Named]] = {}
        self._ids: dict[str, Named] = {}
        self._all: dict[str, str] | None = None

    async def foresee(self, values: Iterable[Any]) -> None:
        """Look up at once what a batch names."""
        wanted = sorted({value for value in values if isinstance(value, str)} - self._known.keys())
        if not wanted:
            return
        given = {"values": wanted}
        query = select(SLUG.c.slug, SLUG.c.target).where(
            SLUG.c.kind == self._kind, among(SLUG.c.slug, "values")
        )
        slugs = {row.slug: row.target for row in await self._session.execute(query, given)}
        ids = sorted({*slugs.values(), *wanted})
        rows = await self._session.execute(
            select(self._model).where(
                or_(among(self._table.c.id, "ids"), among(self._table.c.name, "values"))
            ),
            {**given, "ids": ids},
        )
        found = list(rows.scalars())
        by_id = {row.id: await self._current(row) for row in found}
        by_name: dict[str, list[Named]] = {}
        for row in found:
            named_so = by_name.setdefault(row.name, [])
            if by_id[row.id] not in named_so:
                named_so.append(by_id[row.id])
        for value in wanted:
            named = by_id.get(slugs.get(value, value))
            self._known[value] = [named] if named is not None else by_name.get(value, [])
        self._ids |= by_id
        foresight.keep(self._session, self._kind, self._ids)

    async def _current(self, row: Named) -> Named:
        """Return the one under which one is found: itself, unless it was merged."""
        while row.merged_into is not None:
            into = await self._session.get(self._model, row.merged_into)
            assert into is not None
            row = into
        return row

    async def get(self, line: Line, column: str, value: str, **more: Any) -> Named:
        """Return what a cell names. more: of what is made of it, where it is not there.

        Raises:
            Refused: there is none or more than one, or its name is not right.
        """
        found = self._known.get(value)
        if found is None:
            await self.foresee([value])
            found = self._known[value]
        if len(found) == 1:
            return found[0]
        if found:
            message = f"Several have this name: {', '.join(row.slug for row in found[:5])}."
            code = f"ambiguous_{self._kind}"
            raise Refused(note(line.number, column, value, code, f"{message} Write its slug."))
        if not self._creates:
            raise Refused(
                note(line.number, column, value, f"unknown_{self._kind}", await self._advice(value))
            )
        row: Named = await self._create(line, column, value, more)
        await self._session.flush()  # services look for it in the database
        self.created.append(row.name)
        self._known[value] = self._known[row.name] = [row]
        return row

    async def _create(self, line: Line, column: str, value: str, more: dict[str, Any]) -> Any:
        if self._model is Company:
            company = made(CompanyCreate, {"name": value}, line, {"name": column})
            return await companies.add(self._session, company)
        asker = made(AskerCreate, {"name": value, **more}, line, {"name": column})
        return await askers.add(self._session, asker)

    async def _advice(self, value: str) -> str:
        if self._all is None:
            columns = self._table.c
            query = select(columns.slug, columns.name).where(columns.merged_into.is_(None))
            query = query.limit(COMPARED)
            rows = (await self._session.execute(query)).all()
            self._all = {row.slug: row.slug for row in rows}
            self._all |= {row.name.casefold(): row.slug for row in rows}
        close = difflib.get_close_matches(value[:300].casefold(), self._all, NEAREST, 0.6)
        nearest = list(dict.fromkeys(self._all[name] for name in close))
        what = "companies" if self._kind == "company" else "askers"
        advice = f"There is no {self._kind} with this slug or exact name."
        if nearest:
            advice += f" Is it {' or '.join(nearest)}?"
        return f"{advice} Send `create={what}` to put it on the record too."


def asker_kind(kind: AskerKind | None) -> dict[str, Any]:
    """Return what is said of new askers besides their names."""
    return {"kind": kind.value} if kind is not None else {}
