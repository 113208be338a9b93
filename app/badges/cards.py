"""What is shown of a question, company or dossier on a page that embeds it: text and a badge."""

from dataclasses import dataclass
from html import escape

from sqlalchemy.ext.asyncio import AsyncSession

from app.askers.models import AskerKind
from app.badges import queries, wording
from app.badges.wording import Badge, Standing
from app.core.text import shorten
from app.record import questions
from app.record.assembly import Reading
from app.record.schemas import QuestionRead
from app.record.viewpoint import Viewpoint
from app.vocabulary.states import STATES
from app.vocabulary.words import Lang

NAMES = 3
"""So many askers are named; of others it is said how many they are."""
NAME = 80
"""How much of a name is shown beside other texts."""
TITLE = 300
COLON = {Lang.EN: ": ", Lang.FR: "\u00a0: "}
MACHINE = {Lang.EN: "machine translation", Lang.FR: "traduction automatique"}


@dataclass(frozen=True)
class Paragraph:
    """A text of the record. note: what is to be said of it."""

    text: str
    lang: str
    note: str = ""


@dataclass(frozen=True)
class Card:
    """What is shown. told: sentences about it, as HTML. asked_by: names, where there are any."""

    url: str
    title: str
    badge: Badge
    badge_url: str
    told: str
    paragraphs: tuple[Paragraph, ...] = ()
    asked_by: str | None = None


async def of_question(session: AsyncSession, public_url: str, question_id: str, lang: Lang) -> Card:
    """Show a question: its text, who asked whom, and where it stands.

    Raises:
        NotFound: there is none with this id.
    """
    read = await questions.get(Reading(session, Viewpoint(), public_url), question_id)
    company, askers = read.company.name, _askers(read, lang)
    standing = Standing(read.state, read.days_open, read.first_asked_on)
    paragraphs = _paragraphs(read, lang)
    to, by, first, state = {
        Lang.EN: ("Question to", "asked by", "First asked", "State"),
        Lang.FR: ("Question à", "posée par", "Première demande", "État"),
    }[lang]
    asked = f", {by} {isolated(askers)}" if askers else ""
    colon, label = COLON[lang], STATES[read.state].labels[lang]
    opening = f"{to} {shorten(company, NAME)}{colon}"
    return Card(
        url=f"{public_url}/q/{read.id}",
        title=opening + shorten(paragraphs[0].text, TITLE - len(opening)),
        badge=wording.of_question(company, standing, lang, None),
        badge_url=_badge_url(read.url, lang),
        told=(
            f"{to} {isolated(company)}{asked}. {first}{colon}{read.first_asked_on}."
            f" {state}{colon}{escape(label)}."
        ),
        paragraphs=paragraphs,
        asked_by=askers or None,
    )


async def of_company(session: AsyncSession, public_url: str, company_id: str, lang: Lang) -> Card:
    """Show how many questions to a company stand unanswered.

    Raises:
        NotFound: there is none with this id.
    """
    name = await queries.company(session, Viewpoint(), company_id)
    tally = await queries.of_company(session, Viewpoint(), company_id)
    badge = wording.of_many(name, tally, lang, None)
    to = {Lang.EN: "Questions to", Lang.FR: "Questions à"}[lang]
    return _of_many(badge, f"{public_url}/v1/companies/{company_id}", to)


async def of_dossier(session: AsyncSession, public_url: str, dossier_id: str, lang: Lang) -> Card:
    """Show how many questions in a dossier stand unanswered.

    Raises:
        NotFound: there is none with this id.
    """
    title = await queries.dossier(session, Viewpoint(), dossier_id, lang)
    tally = await queries.of_dossier(session, Viewpoint(), dossier_id)
    badge = wording.of_many(title, tally, lang, None)
    about = {Lang.EN: "Questions in the dossier", Lang.FR: "Questions du dossier"}[lang]
    return _of_many(badge, f"{public_url}/v1/dossiers/{dossier_id}", about)


def isolated(text: str) -> str:
    """Write a name of the record into HTML; its direction does not move what stands around it."""
    return f"<bdi>{escape(text)}</bdi>"


def _of_many(badge: Badge, url: str, opening: str) -> Card:
    told = f"{opening} {isolated(badge.label)}{COLON[badge.lang]}{escape(badge.message)}."
    return Card(
        url=url,
        title=shorten(f"{opening} {badge.label}", TITLE),
        badge=badge,
        badge_url=_badge_url(url, badge.lang),
        told=told,
    )


def _badge_url(url: str, lang: Lang) -> str:
    return f"{url}/badge.svg" if lang is Lang.EN else f"{url}/badge.svg?lang={lang}"


def _paragraphs(read: QuestionRead, lang: Lang) -> tuple[Paragraph, ...]:
    """Return the question as it was put, after its translation where there is one."""
    original = Paragraph(read.text, read.lang)
    translated = read.translations.get(lang)
    if read.lang == lang or translated is None:
        return (original,)
    note = MACHINE[lang] if translated.machine else ""
    return (Paragraph(translated.text, lang, note), original)


def _askers(read: QuestionRead, lang: Lang) -> str:
    """Name who asked, those whom the record names."""
    named = [ask.asker.name for ask in read.asks if ask.asker.kind is not AskerKind.ANONYMOUS]
    names = [shorten(name, NAME) for name in dict.fromkeys(named)]
    shown, others = names[:NAMES], len(names) - NAMES
    if others > 0:
        more = {Lang.EN: ("other", "others"), Lang.FR: ("autre", "autres")}[lang]
        shown.append(f"{others} {more[others > 1]}")
    conjunction = {Lang.EN: " and ", Lang.FR: " et "}[lang]
    return conjunction.join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
