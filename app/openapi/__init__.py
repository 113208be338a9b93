"""The OpenAPI document, as clients are generated from it."""
