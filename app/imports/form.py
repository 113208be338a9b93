"""The form in which a file is sent."""

from typing import Annotated

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from app.askers.models import AskerKind
from app.imports.models import ImportKind
from app.imports.schemas import ImportCreates


class ImportForm(BaseModel):
    """The file, and how to take it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"file": "questions.csv", "kind": "questions"}]},
    )

    file: Annotated[
        UploadFile,
        Field(
            description="CSV (comma, semicolon or tab) or JSONL, in UTF-8.",
            json_schema_extra={"format": "binary"},
        ),
    ]
    kind: ImportKind | None = Field(
        None, description="What the rows are. Left out: what the columns say."
    )
    create: ImportCreates | None = Field(
        None,
        description=(
            "Put companies or askers that are not there on the record too, under the name that"
            " stands in the cell. Left out: a row that names one is refused."
        ),
    )
    asker_kind: AskerKind | None = Field(
        None, description="What new askers are; needed where they are to be created."
    )
