"""The purchase path alone, at its limit."""
