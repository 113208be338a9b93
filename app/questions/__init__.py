"""Questions and what moves them: asks, responses, rulings, and the fold over them."""
