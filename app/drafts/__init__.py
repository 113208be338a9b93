"""Drafts: writes kept outside the ledger until they are published, at once or at an hour (embargo).

The ledger is public in full, so what is not public is not in it: a draft lies sealed in a table of
its own. It is checked when it is saved, by the code that will write it, in a part of the
transaction that is undone.
"""
