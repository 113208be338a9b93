"""Every word of the record with its label and meaning, in English and French."""
