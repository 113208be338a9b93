"""The transparency log: signed, served as tiles, witnessed, exported and verified."""
