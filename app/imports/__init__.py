"""Imports: spreadsheets brought onto the record, all or nothing, and taken back as a whole."""
