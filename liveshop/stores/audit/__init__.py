"""The auditor: it looks with queries of its own, and shares nothing with the purchase path."""
