"""The sentences of events about questions: neutral, at most 280 characters, ready to be posted."""

from typing import TYPE_CHECKING

from app.core.text import shorten

if TYPE_CHECKING:
    from app.questions.models import Ask, Question, Response, Ruling

LIMIT = 280
NAME = 50
"""How much of a company's name stands where the words after it must not be cut off."""

VERDICTS = {
    "acknowledged": "{company} acknowledged the question",
    "declined": "{company} declined to answer",
    "nonresponsive": "{company} made a statement that does not answer",
    "partial": "{company} answered in part",
    "answered": "{company} answered",
}


def sentence(opening: str, text: str) -> str:
    """Join an opening and a text, which is cut so that the whole keeps to the limit."""
    opening = shorten(opening, 160)
    return f"{opening}: {shorten(text, LIMIT - len(opening) - 2)}"


def question_created(question: "Question") -> str:
    """Say that a question was put on the record."""
    return sentence(f"A question to {question.company.name} is on the record", question.text)


def question_updated(question: "Question") -> str:
    """Say that a question was edited."""
    return sentence(f"The entry on a question to {question.company.name} was edited", question.text)


def question_merged(question: "Question", into: str) -> str:
    """Say that a question is found under another one since."""
    company = shorten(question.company.name, NAME)
    opening = f"Two entries of the record are one question to {company}"
    return f"{opening}: “{shorten(question.text, 70)}” was merged into “{shorten(into, 70)}”."


def state_changed(question: "Question", cause: str) -> str:
    """Say where a question stands now. Only what the company itself did is told as its deed."""
    company = question.company.name
    stands = f"a question to {company} now stands as “{question.state}”"
    opening = {
        "response": VERDICTS.get(question.state, "").format(company=company),
        "ruling": f"By an editor’s ruling, {stands}",
        "correction": f"After a correction, {stands}",
        "ask": f"Asked again, {stands}",
        "question": f"With all that was recorded of it twice, {stands}",
    }[cause.partition("_")[0]]
    return sentence(opening, question.text)


def unanswered_for(question: "Question", state: str) -> str:
    """Say where a question stood so many days after it was first asked, whenever it is read."""
    company, asked = shorten(question.company.name, NAME), question.first_asked_on
    opening = (
        f"{question.unanswered_for} days after it was first asked ({asked}), a question to"
        f" {company} stood as “{state}”"
    )
    return sentence(opening, question.text)


def overdue(question: "Question", state: str) -> str:
    """Say where a question stood when the date by which an answer was asked for had passed."""
    company = shorten(question.company.name, NAME)
    opening = (
        f"The date by which {company} was asked to answer ({question.respond_by}) passed with the"
        f" question standing as “{state}”"
    )
    return sentence(opening, question.text)


def asked(ask: "Ask") -> str:
    """Say that an asker put the question."""
    company = ask.question.company.name
    named = ask.asker.kind != "anonymous"
    unnamed = f"A question to {company} is reported, without naming who asked"
    opening = f"{ask.asker.name} asked {company}" if named else unnamed
    return sentence(opening, ask.question.text)


def responded(response: "Response") -> str:
    """Say how a statement bears on the question."""
    opening = VERDICTS[response.verdict].format(company=response.question.company.name)
    return sentence(opening, response.question.text)


def ruled(ruling: "Ruling") -> str:
    """Say what an editor decided."""
    company = ruling.question.company.name
    opening = f"An editor ruled that a question to {company} stands as “{ruling.state}”"
    return sentence(opening, ruling.question.text)
