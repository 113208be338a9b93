"""Making answers of what was counted: figures, the names of groups, the oldest open questions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from app.askers.models import Asker
from app.companies.models import Company
from app.dossiers.models import Dossier
from app.questions.models import Question
from app.record.selection import QUESTION
from app.record.viewpoint import Viewpoint
from app.stats import figures, queries
from app.stats.figures import Tally, Teller
from app.stats.queries import Group
from app.stats.schemas import GroupBy, StatsFilters, StatsGroup, StatsRead

MODELS: dict[GroupBy, Any] = {
    GroupBy.COMPANY: Company,
    GroupBy.DOSSIER: Dossier,
    GroupBy.ASKER: Asker,
}
SEVERAL = "counts in each, so that groups may add up to more than the total."
GROUPING = {
    GroupBy.COMPANY: "A group holds the questions put to one company.",
    GroupBy.DOSSIER: "A group holds the questions of one dossier; a question in none is in no"
    f" group, one in several {SEVERAL}",
    GroupBy.TOPIC: "A group holds the questions with one topic; a question with none is in no"
    f" group, one with several {SEVERAL}",
    GroupBy.ASKER: f"A group holds the questions of one asker; one that several put {SEVERAL}",
    GroupBy.YEAR: "A group holds the questions first asked in one year.",
}


def at_once(connection: Connection, filters: StatsFilters, public_url: str) -> StatsRead:
    """Answer what `is_quick` in one go."""
    scope = queries.scope_of(connection, filters, Viewpoint(), None)
    whole = queries.whole(connection, scope)
    query = select(QUESTION.c.id, QUESTION.c.slug).where(QUESTION.c.id.in_(_oldest([whole])))
    slugs = {row.id: row.slug for row in connection.execute(query)}
    return _read(filters, scope.view, whole, [], _teller(filters, scope.view, slugs, public_url))


def is_quick(filters: StatsFilters) -> bool:
    """Tell whether one index has all that it takes to answer."""
    moment = (filters.as_of, filters.known_at)
    return filters.is_plain and filters.group_by is None and moment == (None, None)


async def read(
    session: AsyncSession, filters: StatsFilters, view: Viewpoint, public_url: str, after: Any
) -> tuple[StatsRead, list[Group]]:
    """Answer anything, with one group more than asked for where there are more.

    after: size and key of the last group of the page before.

    Raises:
        Invalid: a filter names nothing that there is.
    """

    def count(reading: Session) -> tuple[Tally, list[Group]]:
        scope = queries.scope_of(reading, filters, view, filters.group_by)
        groups = queries.largest(reading, scope, filters.limit, after)
        return queries.whole(reading, scope), groups

    whole, groups = await session.run_sync(count)
    shown = groups[: filters.limit]
    oldest = _oldest([whole, *(group.tally for group in shown)])
    rows = await view.load(session, Question, oldest)
    slugs = {key: row["slug"] for key, row in rows.items()}
    teller = _teller(filters, view, slugs, public_url)
    names = await _names(session, view, filters.group_by, [group.key for group in shown])
    told = [
        StatsGroup.model_construct(**names[group.key], figures=teller.tell(group.tally))
        for group in shown
    ]
    return _read(filters, view, whole, told, teller), groups


def _oldest(tallies: Iterable[Tally]) -> list[str]:
    return [tally.oldest[1] for tally in tallies if tally.oldest is not None]


def _teller(
    filters: StatsFilters, view: Viewpoint, slugs: Mapping[str, str], public_url: str
) -> Teller:
    return Teller(view.day, figures.cutoff(view.day, filters.min_age_days), slugs, public_url)


def _read(
    filters: StatsFilters, view: Viewpoint, whole: Tally, groups: list[StatsGroup], teller: Teller
) -> StatsRead:
    return StatsRead.model_construct(
        data=groups,
        has_more=False,
        next_cursor=None,
        as_of=view.day,
        known_at=view.known_at,
        min_age_days=filters.min_age_days,
        first_asked_until=figures.last_day_asked(view.day, filters.min_age_days),
        figures=teller.tell(whole),
        group_by=filters.group_by,
        grouping=GROUPING[filters.group_by] if filters.group_by is not None else None,
    )


async def _names(
    session: AsyncSession, view: Viewpoint, group_by: GroupBy | None, keys: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return the id, slug and name of each group by its key, as they were known."""
    if group_by not in MODELS:
        return {key: {"id": None, "slug": key, "name": key} for key in keys}
    rows = await view.load(session, MODELS[group_by], keys)
    return {
        key: {"id": key, "slug": row["slug"], "name": row.get("name") or row["title"]}
        for key, row in rows.items()
    }
