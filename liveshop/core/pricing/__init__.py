"""The price pipeline: the only place where a total is made."""
