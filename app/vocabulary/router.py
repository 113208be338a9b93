"""`/v1/vocabulary`."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from app.core.docs import problems
from app.ledger.public import PublicRoute
from app.questions.state import CLOSED, RANK, State
from app.vocabulary.events import EVENT_TYPES, SUBJECTS
from app.vocabulary.kinds import ASKER_KINDS, ONLINE, STATEMENT_KINDS
from app.vocabulary.schemas import (
    RankedTermRead,
    StateTermRead,
    TermRead,
    VocabularyOptions,
    VocabularyRead,
)
from app.vocabulary.states import STATES, VERDICTS
from app.vocabulary.words import Lang, Word

router = APIRouter(prefix="/v1/vocabulary", tags=["vocabulary"], route_class=PublicRoute)


@router.get("", operation_id="getVocabulary", responses=problems(400, 422, 503))
async def get_vocabulary(
    request: Request, options: Annotated[VocabularyOptions, Query()]
) -> VocabularyRead:
    """Get every word of the record with its labels and meaning, in English and French.

    States and verdicts come from worst to best, so that a chart can be drawn from this alone.
    """
    request.state.is_timeless = True
    return VOCABULARY[options.lang]


def _read(lang: Lang) -> VocabularyRead:
    return VocabularyRead(
        lang=lang,
        states=[
            StateTermRead(
                **_term(state, word, lang), rank=RANK.get(state), open=state not in CLOSED
            )
            for state, word in STATES.items()
        ],
        verdicts=[
            RankedTermRead(**_term(verdict, word, lang), rank=RANK[State(verdict)])
            for verdict, word in VERDICTS.items()
        ],
        statement_kinds=_terms(STATEMENT_KINDS, lang),
        asker_kinds=_terms(ASKER_KINDS, lang),
        online=_terms(ONLINE, lang),
        event_types=_terms(EVENT_TYPES, lang),
        subjects=_terms(SUBJECTS, lang),
    )


def _terms(words: Mapping[Any, Word], lang: Lang) -> list[TermRead]:
    return [TermRead(**_term(value, word, lang)) for value, word in words.items()]


def _term(value: str, word: Word, lang: Lang) -> dict[str, Any]:
    labels, meanings = word.labels, word.meanings
    return {
        "value": value,
        "label": labels[lang],
        "meaning": meanings[lang],
        "labels": labels,
        "meanings": meanings,
    }


VOCABULARY = {lang: _read(lang) for lang in Lang}
"""In each language; it changes only with the code."""
