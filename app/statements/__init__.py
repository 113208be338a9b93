"""Statements: what companies said, and that they refused to."""
