"""Redactions: taking personal data out of the record, in public, while every proof still holds."""
