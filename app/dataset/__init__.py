"""The real case with which a demo begins, and how it is loaded.

`microsoft-2025.json` holds what one press article of May 2025 supports, in our own words. It goes
in through the same services as the API does; what is on the record already is left alone.
"""
