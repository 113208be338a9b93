"""The record as it is read: questions with their asks and answers, timelines, statements, dossiers.

It stands above the features that write, because what a reader sees of a question is made of all of
them. It answers for the present and, alike, for any (`as_of`, `known_at`) of the past.
"""
