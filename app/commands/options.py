"""Options and arguments that many commands take, each said once."""

from typing import Annotated

import typer

from app.commands import completing
from app.commands.shown import Form

Url = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="ANSWERABLE_URL",
        help="Where the server is. Default: this machine, on the port of the settings.",
    ),
]
As = Annotated[
    Form | None,
    typer.Option("--format", help="Default: a table in a terminal, JSON elsewhere."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would happen, and keep nothing.")
]
Json = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="A whole body; - for standard input."),
]
Limit = Annotated[int, typer.Option(min=1, max=200, help="The most to show.")]
Every = Annotated[bool, typer.Option("--all", help="All there is; as JSON, one object a line.")]
Text = Annotated[str | None, typer.Option()]
Reason = Annotated[str | None, typer.Option(help="Public: why.")]
Slug = Annotated[str | None, typer.Option(help="Default: made of the name.")]
Lang = Annotated[str | None, typer.Option(help="Language of the text, such as en.")]
Date = Annotated[str | None, typer.Option(metavar="DATE", help="2025, 2025-05 or 2025-05-15.")]
AsOf = Annotated[
    str | None, typer.Option(metavar="DATE", help="What was true in the world on that day.")
]
KnownAt = Annotated[
    str | None, typer.Option(metavar="INSTANT", help="What this record said at that instant.")
]
Company = Annotated[
    str | None, typer.Option(help="Id or slug.", autocompletion=completing.companies)
]
Asker = Annotated[str | None, typer.Option(help="Id or slug.", autocompletion=completing.askers)]
Dossier = Annotated[
    str | None, typer.Option(help="Id or slug.", autocompletion=completing.dossiers)
]
Question = Annotated[
    str | None, typer.Option(help="Id or slug.", autocompletion=completing.questions)
]
Topics = Annotated[list[str] | None, typer.Option("--topic", help="A tag; may be repeated.")]
Source = Annotated[str | None, typer.Option(help="Id of a source that is on the record.")]
SourceUrl = Annotated[str | None, typer.Option(help="Or the address of what is cited.")]
SourceTitle = Annotated[str | None, typer.Option(help="Its title.")]

TheCompany = Annotated[str, typer.Argument(help="Id or slug.", autocompletion=completing.companies)]
TheAsker = Annotated[str, typer.Argument(help="Id or slug.", autocompletion=completing.askers)]
TheDossier = Annotated[str, typer.Argument(help="Id or slug.", autocompletion=completing.dossiers)]
TheQuestion = Annotated[
    str, typer.Argument(help="Id or slug.", autocompletion=completing.questions)
]
Id = Annotated[str, typer.Argument(help="Its id.")]


def cited(source: str | None, url: str | None, title: str | None) -> str | dict[str, str] | None:
    """Return a source as a body names it: an id, or what is cited."""
    if source is not None:
        return source
    inline = {"url": url, "title": title}
    return {name: value for name, value in inline.items() if value is not None} or None
