"""The unpaginated form of the lists, streamed, for spreadsheets and programs."""
