"""Search as clients see it."""

from typing import Annotated

from pydantic import BaseModel, Field

from app.search import query
from app.search.finding import EXAMINED, RANKED
from app.search.names import MOST

QueryText = Annotated[
    str,
    Field(
        max_length=query.LONGEST,
        description=(
            "Words to look for in texts, translations, contexts, names of companies, excerpts of"
            " responses and titles of statements; all must be there. Case and accents do not"
            ' matter, and other forms of a word are found too. `"external firm"` looks for these'
            " words in this order and form, `-audit` leaves out what has the word. The best"
            " matches come first."
        ),
        examples=["external firm", '"external firm" -audit'],
    ),
]
Highlight = Annotated[
    dict[str, str],
    Field(
        description=(
            "With `q`: the texts in which something was found, or the parts of them around it, as"
            " HTML: hits in `<mark>`, everything else escaped. Named as they are in the question;"
            " `excerpt` is one of a response, `statement` a statement’s title."
        ),
        examples=[{"text": "Which <mark>external</mark> <mark>firm</mark> did Microsoft hire?"}],
    ),
]


class SearchRead(BaseModel):
    """What `q` found."""

    matches: int = Field(
        description=f"How many questions were found and ranked, at most {RANKED:,}.", examples=[12]
    )
    complete: bool = Field(
        description=(
            f"False when there may be more: only the {RANKED:,} matches that were put on the record"
            f" last are ranked, and only {EXAMINED:,} are looked at where a filter or the order of"
            f" words has to be checked one by one; a word means at most {MOST} companies by their"
            " names. More words or filters find the others."
        )
    )
