"""Feeds of what happened (Atom, JSON Feed) and of what is due (iCalendar)."""
