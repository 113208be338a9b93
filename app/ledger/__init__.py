"""The ledger: what changed, by whom, and when we knew. Append-only; everything else reads it."""
