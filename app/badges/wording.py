"""What badges say, in English and French."""

from dataclasses import dataclass
from datetime import date

from app.badges import colours
from app.core.dates import EdtfDate
from app.questions.state import State
from app.vocabulary.states import STATES
from app.vocabulary.words import Lang, typeset


@dataclass(frozen=True)
class Badge:
    """One badge. title: all of it in sentences, with what is counted."""

    label: str
    message: str
    title: str
    colour: str
    lang: Lang


@dataclass(frozen=True)
class Standing:
    """Where a question stands. days: how many it has been or was open."""

    state: State
    days: int
    first_asked_on: EdtfDate


@dataclass(frozen=True)
class Tally:
    """How many questions there are that were not withdrawn, and how many stand unanswered."""

    unanswered: int
    total: int


def of_question(label: str, standing: Standing, lang: Lang, on: date | None) -> Badge:
    """Say where a question stands. on: the day of the past from which one looks."""
    word = STATES[standing.state]
    message = _stands(standing, word.labels[lang], lang)
    asked = {
        Lang.EN: f"Days are counted from the first ask ({standing.first_asked_on}).",
        Lang.FR: f"Les jours sont comptés depuis la première demande ({standing.first_asked_on}).",
    }[lang]
    told = word.meanings[lang]
    title = told if standing.state is State.WITHDRAWN else f"{told} {asked}"
    return _badge(label, message, title, colours.STATES[standing.state], lang, on)


def of_many(label: str, tally: Tally, lang: Lang, on: date | None) -> Badge:
    """Say how many of the questions of a company or dossier stand unanswered."""
    unanswered, total = tally.unanswered, tally.total
    word = STATES[State.UNANSWERED]
    stand = word.labels[lang]
    if lang is Lang.FR:
        message = f"{unanswered} sur {total} {stand}" if total else "aucune question"
        counted = f"Sont comptées les questions qui ne sont pas retirées. « {stand} » :"
    else:
        message = f"{unanswered} of {total} {stand}" if total else "no questions"
        counted = f"Counted are the questions that were not withdrawn. “{stand}”:"
    title = typeset(f"{counted} {word.meanings[lang]}")
    colour = colours.STATES[State.UNANSWERED] if unanswered else colours.NEUTRAL
    return _badge(label, message, title, colour, lang, on)


def days(count: int, lang: Lang) -> str:
    """Write a number of days."""
    if lang is Lang.FR:
        return f"{count} jour" if count < 2 else f"{count} jours"
    return f"{count} day" if count == 1 else f"{count} days"


def _stands(standing: Standing, label: str, lang: Lang) -> str:
    counted = days(standing.days, lang)
    if standing.state is State.WITHDRAWN:
        return label
    if standing.state is State.ANSWERED:
        after = "après" if lang is Lang.FR else "after"
        return f"{label} {after} {counted}" if standing.days else label
    return f"{label} · {counted}"


def _badge(label: str, message: str, title: str, colour: str, lang: Lang, on: date | None) -> Badge:
    """Make a badge; a badge of the past says so, lest it be taken for one of today."""
    message = f"{message} · {on}" if on is not None else message
    return Badge(label=label, message=message, title=title, colour=colour, lang=lang)
