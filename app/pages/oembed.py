"""`/oembed`: what a page shows that embeds the address of a question, company or dossier.

See https://oembed.com.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from app.badges import cards
from app.badges.cards import Card
from app.badges.embedding import embed
from app.core import slugs
from app.core.docs import READS, problems
from app.core.errors import NotFound, NotImplementedHere
from app.core.pagination import Whole
from app.core.schemas import is_none
from app.core.sessions import PublicUrl, ReadSession
from app.ledger.public import PublicRoute
from app.vocabulary.words import Lang

ADDRESS = re.compile(r"/(?:q|v1/(questions|companies|dossiers))/([a-z0-9_-]{1,120})", re.ASCII)
KINDS = {"companies": "company", "dossiers": "dossier"}
FORMATS = ("json", "xml")
CACHE_AGE = 3600
XML = "text/xml"
AS_XML: dict[int | str, dict[str, Any]] = {200: {"content": {XML: {"schema": {"type": "string"}}}}}
CARDS: dict[str, Callable[[AsyncSession, str, str, Lang], Awaitable[Card]]] = {
    "question": cards.of_question,
    "company": cards.of_company,
    "dossier": cards.of_dossier,
}

router = APIRouter(tags=["badges"], route_class=PublicRoute)


class OembedRead(BaseModel):
    """What to embed, as oEmbed 1.0 has it."""

    version: Literal["1.0"]
    type: Literal["rich"]
    title: str
    author_name: str | None = Field(
        None, exclude_if=is_none, description="Who put the question; absent where nobody is named."
    )
    provider_name: str
    provider_url: str
    cache_age: int = Field(description="Seconds for which it may be kept.")
    html: str
    width: int
    height: int


class OembedOptions(BaseModel):
    """What to embed, and how."""

    url: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2000,
            description="The address of a question, company or dossier, as this service gives it.",
            examples=["https://record.example.org/q/microsoft-external-firm-name"],
        ),
    ]
    format: Annotated[str, Field(max_length=20, description="`json` or `xml`.")] = "json"
    maxwidth: Annotated[Whole | None, Field(ge=1, le=100_000, description="In pixels.")] = None
    maxheight: Annotated[Whole | None, Field(ge=1, le=100_000, description="In pixels.")] = None
    lang: Annotated[
        Lang | None, Field(description="Left out: the `lang` of `url`, or English.")
    ] = None
    dnt: Annotated[
        str | None, Field(max_length=20, description="Taken, and needless: nobody is tracked.")
    ] = None


@dataclass(frozen=True)
class Target:
    """What an address of this service leads to."""

    kind: str
    reference: str
    lang: Lang


@router.get(
    "/oembed",
    operation_id="getOembed",
    response_model=OembedRead,
    responses=AS_XML | READS | problems(501),
)
async def get_oembed(
    session: ReadSession, public_url: PublicUrl, options: Annotated[OembedOptions, Query()]
) -> OembedRead | Response:
    """Get what to embed for the address of a question, company or dossier (oEmbed 1.0).

    It is of type `rich`: HTML without scripts that quotes the question, says who was asked and
    where it stands, and shows the badge. 404 for what is not on this record, 501 for a `format`
    that is neither `json` nor `xml`, as oEmbed wants it.
    """
    if options.format not in FORMATS:
        raise NotImplementedHere("There is no such format. Leave it out, or use json or xml.")
    target = _target(options.url, public_url)
    item_id = await slugs.resolve(session, target.kind, target.reference)
    if item_id is None:
        raise NotFound(f"There is no {target.kind} at this address. Check its spelling.")
    card = await CARDS[target.kind](session, public_url, item_id, options.lang or target.lang)
    embedded = embed(card, options.maxwidth, options.maxheight)
    read = OembedRead(
        version="1.0",
        type="rich",
        title=card.title,
        author_name=card.asked_by,
        provider_name="Answerable",
        provider_url=public_url,
        cache_age=CACHE_AGE,
        html=embedded.html,
        width=embedded.width,
        height=embedded.height,
    )
    return _xml(read) if options.format == "xml" else read


def _target(url: str, public_url: str) -> Target:
    """Read an address, with or without a query; it is never fetched.

    Raises:
        NotFound: it is not one that this service gives out.
    """
    own = urlsplit(public_url)
    try:
        given = urlsplit(url)
    except ValueError:
        given = urlsplit("")
    is_web = given.scheme in ("http", "https")
    is_ours = given.netloc.lower() == own.netloc.lower() and given.path.startswith(own.path)
    match = ADDRESS.fullmatch(given.path.removeprefix(own.path))
    if match is None or not (is_web and is_ours):
        raise NotFound(
            f"This is no address that can be embedded. Give one that begins with {public_url}/q/,"
            " /v1/questions/, /v1/companies/ or /v1/dossiers/ and goes on with an id or slug."
        )
    wanted = parse_qs(given.query).get("lang", [""])[0]
    lang = Lang.FR if wanted == Lang.FR else Lang.EN
    return Target(KINDS.get(match[1], "question"), match[2], lang)


def _xml(read: OembedRead) -> Response:
    root = ElementTree.Element("oembed")
    for name, value in read.model_dump(exclude_none=True).items():
        ElementTree.SubElement(root, name).text = str(value)
    body = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(body, media_type=f"{XML}; charset=utf-8")
