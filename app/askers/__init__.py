"""Askers: persons and organisations that put questions."""
