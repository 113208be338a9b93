"""Search: finding questions by the words in them, the same in SQLite and in PostgreSQL.

    words        a text becomes folded words; a word has a stem in each language
    documents    what is searched of a question: its words field by field, and tokens for filters
    names        companies by the words of their names, so that a new name is found at once
    models       the tables: documents, forms of words by their stems, words of names
    index        writes documents, and asks `sqlite` (FTS5) or `postgres` (tsvector, GIN)
    keeping      a flush notes what changed; before the commit it is indexed; redactions forget
    filling      indexes what is missing or was made by another version of the words

    query        what somebody wrote: words, "phrases", -exclusions
    terms        its words, with their other forms in the record, and the companies they name
    tokens       filters, as marks that stand among the words
    expressions  what the index is asked, in neither database's syntax
    finding      the newest matches, bounded in time however common the words are
    ranking      which of them come first
    highlight    the texts in which something was found, as HTML

Both databases get the same words and are asked the same, so both find the same; nothing that a
reader writes reaches them as syntax. Whoever lists questions calls `Query.parse`, `Tokens.of`,
`finding.candidates` and, for those it shows, `highlight.of`; whoever wants all of them
`finding.batch`. The index holds what the record says now: it cannot answer for a past `known_at`.
"""
