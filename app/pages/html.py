"""Pages: small, made on the server, and with nothing that comes from elsewhere."""

import base64
import hashlib
from html import escape

from fastapi import Request
from fastapi.responses import HTMLResponse

from app.core import negotiation

STYLE = (
    "body{max-width:44rem;margin:2.5rem auto;padding:0 1rem;color:#1c1c1c;background:#fff;"
    "font:1rem/1.55 system-ui,sans-serif}"
    "h1{line-height:1.2}a{color:#1d3557}dt{font-weight:600;margin-top:.6rem}dd{margin:0}"
    "code,pre{font:.9em ui-monospace,monospace;background:#f1f3f5;border-radius:4px}"
    "code{padding:.1em .3em}pre{padding:.8rem;overflow:auto}pre code{padding:0}"
    "@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#16181b}a{color:#9ec5fe}"
    "code,pre{background:#25282c}}"
)
_digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_digest}'; img-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
"""What a page may load: its own style and the icon (Content Security Policy)."""
VARY = {"Vary": "Accept"}
DECLARED = {"text/html": {"schema": {"type": "string"}}}
"""How an operation declares that it also answers with a page."""


def is_wanted(request: Request) -> bool:
    """Tell whether a page is wanted, as browsers do, rather than JSON."""
    return negotiation.wants_page(request.headers.get("accept", "").encode("latin-1"))


def page(title: str, body: str, links: str | None = None) -> HTMLResponse:
    """Make an answer of a page.

    title: plain text. body: HTML. links: the Link header, if any.
    """
    headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", **VARY}
    if links is not None:
        headers["Link"] = links
    return HTMLResponse(
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        ' · Answerable</title><meta name="viewport" content="width=device-width">'
        f'<link rel="icon" href="/static/icon.svg"><style>{STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>\n{body}\n</main></body></html>\n",
        headers=headers,
    )


def marked(text: str) -> str:
    """Make HTML of plain text in which code stands between backquotes."""
    parts = escape(text, quote=False).split("`")
    return "".join(
        f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts)
    )
