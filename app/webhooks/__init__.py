"""Subscriptions, the deliveries that derive from the ledger, and the worker that sends them."""
