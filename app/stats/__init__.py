"""Figures about the record, each with what it counts."""
