"""What a draft can hold: one write of the API, with the body that it has there.

A new kind is a class here, a member of `DraftKind`, and a line in `kinds.KINDS`.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter
from typing_extensions import TypeAliasType

from app.askers.schemas import AskerCreate, AskerPatch
from app.companies.schemas import CompanyCreate, CompanyPatch
from app.core.schemas import Body
from app.core.strict_json import LARGEST
from app.core.text import Reference
from app.corrections.schemas import CorrectionCreate
from app.dossiers.schemas import DossierCreate, DossierPatch
from app.questions.schemas import (
    AskCreate,
    QuestionCreate,
    QuestionPatch,
    ResponseCreate,
    RulingCreate,
)
from app.sources.schemas import SourceCreate, SourcePatch
from app.statements.schemas import StatementCreate

Version = Annotated[
    Annotated[int, Field(strict=True, ge=0, le=LARGEST)] | None,
    Field(
        description="The `version` that you last read: the edit is refused when it is another one"
        " by then. Null edits whatever is there.",
    ),
]


class DraftKind(StrEnum):
    """Which write a draft holds."""

    COMPANY = "company"
    COMPANY_EDIT = "company_edit"
    ASKER = "asker"
    ASKER_EDIT = "asker_edit"
    DOSSIER = "dossier"
    DOSSIER_EDIT = "dossier_edit"
    SOURCE = "source"
    SOURCE_EDIT = "source_edit"
    QUESTION = "question"
    QUESTION_EDIT = "question_edit"
    ASK = "ask"
    RULING = "ruling"
    STATEMENT = "statement"
    RESPONSE = "response"
    CORRECTION = "correction"


class CompanyDraft(Body):
    """A new company, as `POST /v1/companies` takes it."""

    kind: Literal["company"]
    body: CompanyCreate


class CompanyEditDraft(Body):
    """An edit of a company, as `PATCH /v1/companies/{company}` takes it."""

    kind: Literal["company_edit"]
    company: Reference
    version: Version
    body: CompanyPatch


class AskerDraft(Body):
    """A new asker, as `POST /v1/askers` takes it."""

    kind: Literal["asker"]
    body: AskerCreate


class AskerEditDraft(Body):
    """An edit of an asker, as `PATCH /v1/askers/{asker}` takes it."""

    kind: Literal["asker_edit"]
    asker: Reference
    version: Version
    body: AskerPatch


class DossierDraft(Body):
    """A new dossier, as `POST /v1/dossiers` takes it."""

    kind: Literal["dossier"]
    body: DossierCreate


class DossierEditDraft(Body):
    """An edit of a dossier, as `PATCH /v1/dossiers/{dossier}` takes it."""

    kind: Literal["dossier_edit"]
    dossier: Reference
    version: Version
    body: DossierPatch


class SourceDraft(Body):
    """A new source, as `POST /v1/sources` takes it."""

    kind: Literal["source"]
    body: SourceCreate


class SourceEditDraft(Body):
    """An edit of a source, as `PATCH /v1/sources/{source}` takes it."""

    kind: Literal["source_edit"]
    source: Reference
    version: Version
    body: SourcePatch


class QuestionDraft(Body):
    """A new question, as `POST /v1/questions` takes it."""

    kind: Literal["question"]
    body: QuestionCreate


class QuestionEditDraft(Body):
    """An edit of a question, as `PATCH /v1/questions/{question}` takes it."""

    kind: Literal["question_edit"]
    question: Reference
    version: Version
    body: QuestionPatch


class AskDraft(Body):
    """One more ask, as `POST /v1/questions/{question}/asks` takes it."""

    kind: Literal["ask"]
    question: Reference
    body: AskCreate


class RulingDraft(Body):
    """A ruling, as `POST /v1/questions/{question}/rulings` takes it."""

    kind: Literal["ruling"]
    question: Reference
    body: RulingCreate


class StatementDraft(Body):
    """A statement with its responses, as `POST /v1/statements` takes it."""

    kind: Literal["statement"]
    body: StatementCreate


class ResponseDraft(Body):
    """One more response, as `POST /v1/statements/{statement}/responses` takes it."""

    kind: Literal["response"]
    statement: Reference
    body: ResponseCreate


class CorrectionDraft(Body):
    """A correction, as `POST /v1/corrections` takes it."""

    kind: Literal["correction"]
    body: CorrectionCreate


_Any = Annotated[
    CompanyDraft
    | CompanyEditDraft
    | AskerDraft
    | AskerEditDraft
    | DossierDraft
    | DossierEditDraft
    | SourceDraft
    | SourceEditDraft
    | QuestionDraft
    | QuestionEditDraft
    | AskDraft
    | RulingDraft
    | StatementDraft
    | ResponseDraft
    | CorrectionDraft,
    Field(discriminator="kind"),
]
Write = TypeAliasType("Write", _Any)
"""Any of them. (An alias of this form is one named type in the OpenAPI document.)"""

WRITE: TypeAdapter[Write] = TypeAdapter(Write)
