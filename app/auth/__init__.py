"""Keys, their scopes, and the session types whose names in a signature are the permission."""
