"""Corrections: the public retraction of an entry that was wrong."""
