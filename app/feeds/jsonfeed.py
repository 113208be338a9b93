"""JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

from app.feeds.entries import DESCRIPTION, Entry, Feed
from app.feeds.schemas import VERSION, JsonFeed, JsonFeedAuthor, JsonFeedItem

MEDIA_TYPE = "application/feed+json"


def make(feed: Feed) -> JsonFeed:
    """Make a page of a feed."""
    return JsonFeed(
        version=VERSION,
        title=feed.title,
        home_page_url=feed.home_url,
        feed_url=feed.first_url,
        description=DESCRIPTION,
        next_url=feed.next_url,
        language="en",
        items=[_item(entry) for entry in feed.entries],
    )


def _item(entry: Entry) -> JsonFeedItem:
    event = entry.event
    return JsonFeedItem(
        id=entry.id,
        url=entry.url,
        external_url=event.url,
        title=event.summary,
        content_html=entry.html,
        date_published=event.recorded_at,
        date_modified=event.recorded_at,
        authors=[JsonFeedAuthor(name=event.actor)],
        tags=[event.type, *([event.company] if event.company else [])],
    )
