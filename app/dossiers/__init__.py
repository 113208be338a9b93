"""Dossiers: named sets of questions."""
