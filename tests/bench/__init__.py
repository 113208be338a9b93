"""How fast the service answers, and whether that depends on how much is on the record."""
