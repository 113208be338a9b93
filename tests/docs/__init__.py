"""The documentation that is run: the curl cookbook."""
