"""Which events a webhook wants: one condition in SQL, for live events, replays and previews alike.

Every part of a filter is about the record as it was when the event was recorded: the tables of
standings, topics and dossiers keep what they said in every interval of time. So an event matches
or not, once and for all, however late somebody looks. Who wants what was merged since gets what
concerns the thing that it was merged into.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, literal, or_, true

from app.core.clock import LAST_DAY
from app.core.mergers import MERGER, is_shown_as
from app.core.tables import table_of
from app.ledger.queries import EVENT
from app.questions.models import Ask, QuestionDossier, QuestionTopic, StandingSpan
from app.webhooks.models import Webhook
from app.webhooks.tables import WEBHOOK

ASK = table_of(Ask)
TOPIC = table_of(QuestionTopic)
DOSSIER = table_of(QuestionDossier)
STANDING = table_of(StandingSpan)


@dataclass(frozen=True)
class Wanted:
    """What a subscription asks for: values, or the columns that hold them; None for all."""

    types: Any = None
    company_id: Any = None
    dossier_id: Any = None
    topic: Any = None
    question_id: Any = None
    asker_id: Any = None
    states: Any = None


OF_EVERY_WEBHOOK = Wanted(
    types=WEBHOOK.c.types,
    company_id=WEBHOOK.c.company_id,
    dossier_id=WEBHOOK.c.dossier_id,
    topic=WEBHOOK.c.topic,
    question_id=WEBHOOK.c.question_id,
    asker_id=WEBHOOK.c.asker_id,
    states=WEBHOOK.c.states,
)
"""For a query over events and webhooks at once."""


def of(webhook: Webhook) -> Wanted:
    """Return what one webhook asks for."""
    return Wanted(
        types=webhook.types,
        company_id=webhook.company_id,
        dossier_id=webhook.dossier_id,
        topic=webhook.topic,
        question_id=webhook.question_id,
        asker_id=webhook.asker_id,
        states=webhook.states,
    )


def as_list(values: list[str] | None) -> str | None:
    """Write a list as `listed` searches it; None when everything is wanted."""
    return None if values is None else f"|{'|'.join(values)}|"


def matches(wanted: Wanted) -> ColumnElement[bool]:
    """Return the condition that an event is wanted."""
    return and_(
        true(),
        _when(wanted.types, lambda types: listed(EVENT.c.type, types)),
        _when(wanted.company_id, lambda company: _concerns(EVENT.c.company_id, company)),
        _when(wanted.question_id, lambda question: _concerns(EVENT.c.question_id, question)),
        _when(wanted.topic, _had_topic),
        _when(wanted.dossier_id, lambda id_: or_(_was_in(id_), EVENT.c.subject_id == id_)),
        _when(wanted.asker_id, lambda id_: or_(_was_asked_by(id_), _is_of_asker(id_))),
        _when(wanted.states, _stood_as),
    )


def _had_topic(topic: Any) -> ColumnElement[bool]:
    return exists().where(
        TOPIC.c.question_id == EVENT.c.question_id, TOPIC.c.topic == topic, _held(TOPIC)
    )


def _was_in(dossier_id: Any) -> ColumnElement[bool]:
    return exists().where(
        DOSSIER.c.question_id == EVENT.c.question_id,
        DOSSIER.c.dossier_id == dossier_id,
        _held(DOSSIER),
    )


def _concerns(column: Any, wanted: Any) -> ColumnElement[bool]:
    """Return the condition that an event is about a thing, or what it had been merged into."""
    return or_(column == wanted, is_shown_as(wanted, column, EVENT.c.recorded_at))


def _is_of_asker(asker_id: Any) -> ColumnElement[bool]:
    was, subject = EVENT.c.recorded_at, EVENT.c.subject_id
    return or_(_concerns(subject, asker_id), is_shown_as(subject, asker_id, was))


def _was_asked_by(asker_id: Any) -> ColumnElement[bool]:
    was = EVENT.c.recorded_at
    counted = and_(
        _is_same_asker(asker_id),
        ASK.c.created_at <= was,
        ASK.c.corrected_at >= was,  # its retraction still concerns its asker
    )
    through_another = (MERGER.c.into_id == EVENT.c.question_id) & _held(MERGER)
    return or_(
        exists().where(ASK.c.question_id == EVENT.c.question_id, counted),
        exists().where(ASK.c.question_id == MERGER.c.merged_id, through_another, counted),
    )


def _is_same_asker(asker_id: Any) -> ColumnElement[bool]:
    """Return the condition that an ask was shown as this asker's, or that of one merged with it."""
    was, asked, into = EVENT.c.recorded_at, ASK.c.asker_id, MERGER.alias()
    other = MERGER.alias()
    both = and_(
        into.c.merged_id == asked, other.c.merged_id == asker_id, into.c.into_id == other.c.into_id
    )
    return or_(
        asked == asker_id,
        is_shown_as(asked, asker_id, was),
        is_shown_as(asker_id, asked, was),
        exists().where(both, _held(into), _held(other)),
    )


def _stood_as(states: Any) -> ColumnElement[bool]:
    return exists().where(
        STANDING.c.question_id == EVENT.c.question_id,
        STANDING.c.to_day == LAST_DAY,
        _held(STANDING),
        listed(STANDING.c.state, states),
    )


def _held(table: Any) -> ColumnElement[bool]:
    was = EVENT.c.recorded_at
    return and_(table.c.known_from <= was, table.c.known_to > was)


def listed(value: Any, values: Any) -> ColumnElement[bool]:
    """Return the condition that a value is in a list written as `|one|two|`."""
    column = literal(values) if isinstance(values, str) else values
    found: ColumnElement[bool] = column.contains(literal("|").concat(value).concat("|"))
    return found


def _when(value: Any, condition: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Ask for a condition only where something is wanted."""
    if value is None:
        return true()
    if isinstance(value, str):
        return condition(value)
    return or_(value.is_(None), condition(value))
