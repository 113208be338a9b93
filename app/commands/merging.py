"""`merge` of questions, companies and askers: what was recorded twice becomes one."""

from typing import Annotated

import typer

from app.commands import completing, doing
from app.commands.options import As, DryRun, TheAsker, TheCompany, TheQuestion, Url
from app.commands.remote import path_of

STAYS = "The one that stays: its id or slug."
Why = Annotated[str, typer.Option("--reason", help="Public: why.")]


def join(questions: typer.Typer, companies: typer.Typer, askers: typer.Typer) -> None:
    """Add `merge` to the verbs of each."""
    questions.command("merge")(merge_question)
    companies.command("merge")(merge_company)
    askers.command("merge")(merge_asker)


def merge_question(
    question: TheQuestion,
    into: Annotated[str, typer.Option(help=STAYS, autocompletion=completing.questions)],
    reason: Why,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Merge a question into the other one; it cannot be undone, so try --dry-run first."""
    _merge("questions", question, into, reason, dry_run=dry_run, url=url, form=form)


def merge_company(
    company: TheCompany,
    into: Annotated[str, typer.Option(help=STAYS, autocompletion=completing.companies)],
    reason: Why,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Merge a company into the other one; it cannot be undone, so try --dry-run first."""
    _merge("companies", company, into, reason, dry_run=dry_run, url=url, form=form)


def merge_asker(
    asker: TheAsker,
    into: Annotated[str, typer.Option(help=STAYS, autocompletion=completing.askers)],
    reason: Why,
    dry_run: DryRun = False,
    url: Url = "",
    form: As = None,
) -> None:
    """Merge an asker into the other one; it cannot be undone, so try --dry-run first."""
    _merge("askers", asker, into, reason, dry_run=dry_run, url=url, form=form)


def _merge(
    kind: str, reference: str, into: str, reason: str, *, dry_run: bool, url: str, form: As
) -> None:
    body = {"into": into, "reason": reason}
    doing.add(path_of(kind, reference, "merge"), body, dry_run=dry_run, url=url, form=form)
