"""Atom (RFC 4287), in pages (RFC 5005, section 3)."""

import re
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from app.core.dates import format_instant
from app.feeds.entries import DESCRIPTION, Entry, Feed

MEDIA_TYPE = "application/atom+xml"
NAMESPACE = "http://www.w3.org/2005/Atom"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write. It cannot come onto the record either."""


def write(feed: Feed, public_url: str) -> bytes:
    """Write a page of a feed."""
    root = Element("feed", {"xmlns": NAMESPACE, XML_LANG: "en"})
    _add(root, "title", feed.title)
    _add(root, "subtitle", DESCRIPTION)
    _add(root, "id", feed.id)
    _add(root, "updated", _instant(feed.updated))
    _add(root, "generator", "Answerable", uri=public_url)
    _link(root, "self", feed.self_url, MEDIA_TYPE)
    _link(root, "first", feed.first_url, MEDIA_TYPE)
    if feed.next_url is not None:
        _link(root, "next", feed.next_url, MEDIA_TYPE)
    _link(root, "alternate", feed.home_url)
    for entry in feed.entries:
        _entry(root, entry, public_url)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _entry(root: Element, entry: Entry, public_url: str) -> None:
    event = entry.event
    element = SubElement(root, "entry")
    _add(element, "id", entry.id)
    _add(element, "title", event.summary)
    _add(element, "published", _instant(event.recorded_at))
    _add(element, "updated", _instant(event.recorded_at))
    _add(SubElement(element, "author"), "name", event.actor)
    _category(element, f"{public_url}/v1/vocabulary", event.type)
    if event.company is not None:
        _category(element, f"{public_url}/v1/companies", event.company)
    _link(element, "alternate", entry.url)
    _link(element, "related", event.url)
    _add(element, "content", entry.html, type="html")


def _add(parent: Element, name: str, text: str, **attributes: str) -> None:
    SubElement(parent, name, attributes).text = _clean(text)


def _link(parent: Element, rel: str, href: str, kind: str | None = None) -> None:
    """Add a link. One without a type is taken for a page, which is what readers open."""
    attributes = {"rel": rel, "href": _clean(href)}
    SubElement(parent, "link", attributes | ({"type": kind} if kind else {}))


def _category(parent: Element, scheme: str, term: str) -> None:
    SubElement(parent, "category", {"scheme": scheme, "term": _clean(term)})


def _clean(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)


def _instant(value: datetime) -> str:
    return format_instant(value)
