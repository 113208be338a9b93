"""Answerable: the public record of questions put to companies. This is the map of the code.

One idea carries the system: everything that changes goes through one append-only ledger, in the
transaction that changes it, and everything else reads from there.

    main, cli     composition root; the commands
    api           every router, in one list
    pages         documentation, permalinks, health: what is not data
    redactions    taking personal data out of the record, in public
    webhooks      subscriptions; deliveries, which derive from the ledger; the worker
    transparency  the log: signed checkpoints, tiles, proofs, witnesses, the archive, the verifier
    stats, exports, feeds, badges
                  read-only: figures, tables, feeds and calendars, what is embedded elsewhere
    vocabulary    every word of the record, explained in English and French
    record        questions, timelines, statements, dossiers as readers see them, at any
                  (as_of, known_at); the HTTP surface of what the features below write
    search        finding questions by words: the index, what a query means, rank and highlight
    drafts        writes kept outside the ledger until they are published, by hand or at an hour
    imports       spreadsheets brought onto the record: all or nothing, and taken back as a whole
    corrections   retracting what was wrong, in public
    statements    publishing what a company said
    questions     questions, asks, responses, rulings; state.py, the fold, a pure function
    companies, askers, sources, dossiers
    auth          keys, scopes, and the session types that are permission and transaction at once
    ledger        events as leaves of a Merkle tree, the flush listener that records them, the past
    core          mechanisms without a word of the domain
    dataset       the real case with which a demo begins

Imports run downwards only; import-linter holds the contract in pyproject.toml. A feature is made of
`router → service → queries → schemas → models` and has only those it needs.

A write: a router's `EditorSession` takes the ledger lock and opens the transaction; the service
checks the rules and changes rows; the flush listener turns each changed row into one event; the
dependency commits, and only then the answer is sent.

A batch, such as an import, asks once for all its rows (`core.foresight`), finds what it has not
written yet (`core.pending`), and flushes some rows at a time, in one transaction.

What is proved: an event's leaf is written once (`ledger.leaves`), what may hold personal data is
salted and kept apart; the tree over the leaves grows with it (`ledger.tree`). What is signed
(`transparency.signing`) continues the checkpoint signed last, which is kept outside the database.

A read: `record.viewpoint` says from when one looks, `record.selection` lets the database choose the
questions, `record.assembly` makes answers of rows in a fixed number of queries. Where a question
stood on which day, as known when, is kept in `standing`, filled by the fold.

What was recorded twice is merged (`questions.merging`). Entries keep the id that they were recorded
for; under which id they are shown, as known when, is kept in `merger` (`core.mergers`), and whoever
reads entries of one question reads those of all that were merged into it.

Before everything else, `core.ratelimit` counts the request against the quota of its key, which
`auth.known` recognises, or of its address, and refuses what is too much before any work is done.

A public answer follows from its address and the ledger's head (`ledger.public`), which is known
without asking (`ledger.heads`). So `ledger.front`, before the boundary, says 304 or sends what it
kept; nothing is ever invalidated. What a question says is rendered once for each version
(`record.fragments`); a list chooses ids and versions (`record.lists`) and joins them. The stream
(`ledger.following`) reads each new event once for all its readers.

A draft lies sealed in a table that is not recorded (`drafts.contents`). Saving it does its write in
a part of the transaction that is undone (`ledger.recorder.rehearsing`), by the clock of its hour;
`drafts.publishing` does it again when that has come.

A delivery: `webhooks.worker` is woken by the commit; `fan_out` turns new events into deliveries and
notes how far it came; `claims` takes what is due; `sender` signs and posts it, with no transaction
open; `results` writes down what came of it. The worker also lets the clock speak
(`questions.reminders`): what is overdue, or unanswered for so many days, becomes an event.
"""
