"""Companies: whom questions are put to."""
