"""Where a text that is to go can be read in the ledger.

In events that concern the same thing it goes too: the field that had it, and words that quote it.
Where the same text stands in others is told, because there it may be innocent.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.lists import holds
from app.core.tables import canonical_json
from app.core.text import slug_from
from app.ledger import leaves
from app.ledger.leaves import Disclosed
from app.ledger.queries import DISCLOSURE, EVENT

SHORTEST = 4
"""Characters of a text that is looked for in what is told of other things."""
PREFIX = 16
"""How many first characters of it the database looks for."""
SENTENCE = 300
"""Words up to this length may be a summary, which cuts texts short."""
SAMPLES = 100


@dataclass(frozen=True)
class Wanted:
    """What is to go: values that fields of one subject had, and the texts in them."""

    subject_id: str
    values: list[Any]
    texts: tuple[str, ...]
    slugs: tuple[str, ...]

    @classmethod
    def of(cls, subject_id: str, fields: Iterable[Disclosed]) -> "Wanted":
        """Make it of the fields that were named."""
        values = [one.value for one in fields]
        texts = {" ".join(text.split()) for value in values for text in strings(value)}
        slugs = {slug_from(text, "") for text in texts} - {""}
        return cls(subject_id, values, tuple(sorted(texts)), tuple(sorted(slugs)))

    def takes(self, one: Disclosed, row: Any) -> bool:
        """Tell whether a field of an event goes too."""
        if row.subject_id == self.subject_id and one.value in self.values:
            return True
        concerns = self.subject_id.encode() in row.leaf
        return concerns and one.container == leaves.ROOT and self._quoted(one.value, 1)

    def remains(self, one: Disclosed, row: Any) -> bool:
        """Tell whether one of the texts can be read in a field that does not go."""
        if row.subject_id == self.subject_id and one.name == "slug":
            return any(re.fullmatch(rf"{slug}(-\d+)?", one.value) for slug in self.slugs)
        return self.quoted_in(one.value)

    def quoted_in(self, value: Any) -> bool:
        """Tell whether one of the texts stands in a value about anything; not very short ones."""
        return self._quoted(value, SHORTEST)

    def _quoted(self, value: Any, shortest: int) -> bool:
        texts = [text for text in self.texts if len(text) >= shortest]
        return any(quotes(told, text) for told in strings(value) for text in texts)


@dataclass(frozen=True)
class Change:
    """What of one event goes, and what its disclosures are then."""

    pointers: list[str]
    content: str
    company_id: str | None
    question_id: str | None


@dataclass
class Traces:
    """Events by seq: those of which something goes, and fields that keep one of the texts."""

    going: dict[int, Change] = field(default_factory=dict)
    remaining: dict[int, list[str]] = field(default_factory=dict)


async def find(
    session: AsyncSession, wanted: Wanted, named: tuple[int, set[str]], stand_ins: dict[str, Any]
) -> Traces:
    """Look through the ledger. named: an event and the pointers that go in any case."""
    traces = Traces()
    conditions = [holds(EVENT.c.leaf, wanted.subject_id.encode())]
    conditions += [_begins(text) for text in wanted.texts if len(text) >= SHORTEST]
    query = (
        select(EVENT, DISCLOSURE.c.content)
        .join(DISCLOSURE, DISCLOSURE.c.seq == EVENT.c.seq)
        .where(or_(*conditions))
        .order_by(EVENT.c.seq)
    )
    connection = await session.connection()
    async with connection.stream(query) as rows:
        async for row in rows:
            pointers = named[1] if row.seq == named[0] else set()
            _sort(row, wanted, pointers, stand_ins, traces)
    return traces


def _sort(
    row: Any, wanted: Wanted, named: set[str], stand_ins: dict[str, Any], traces: Traces
) -> None:
    fields, going = [], []
    for one in leaves.disclosed(row.content):
        if one.is_redacted:
            fields.append(one)
        elif one.pointer in named or wanted.takes(one, row):
            going.append(one.pointer)
            fields.append(one.redacted(stand_ins[one.name]))
        else:
            fields.append(one)
            if len(traces.remaining) < SAMPLES and wanted.remains(one, row):
                traces.remaining.setdefault(row.seq, []).append(one.pointer)
    if going:
        content = leaves.stored(fields)
        traces.going[row.seq] = Change(going, content, row.company_id, row.question_id)


def _begins(text: str) -> Any:
    """Return the condition that disclosures hold a text's first word or words, as JSON does.

    Only as far as there is no white space, which may stand there in another form.
    """
    start = canonical_json(max(text[:PREFIX].split(" "), key=len))[1:-1]
    return DISCLOSURE.c.content.contains(start, autoescape=True)


def strings(value: Any) -> Iterator[str]:
    """Yield every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from strings(member)


def quotes(told: str, text: str) -> bool:
    """Tell whether words hold a text, or a summary its beginning up to the mark of a cut.

    White space is compared as one space. A text of a few ASCII letters has to stand by itself.
    """
    told, text = " ".join(told.split()), " ".join(text.split())
    if len(text) < SHORTEST and text.isascii():
        return re.search(rf"(?<!\w){re.escape(text)}(?!\w)", told) is not None
    if text in told:
        return True
    if len(told) > SENTENCE:
        return False
    cuts = [match.start() for match in re.finditer("…", told)]
    return any(
        text.startswith(told[start:cut])
        for cut in cuts
        for start in range(max(0, cut - len(text)), cut - SHORTEST + 1)
    )
