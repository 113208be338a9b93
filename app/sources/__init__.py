"""Sources: the documents that the record cites."""
