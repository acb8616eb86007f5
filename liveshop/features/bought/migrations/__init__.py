"""The step of the schema that the public word of purchases needs; it stands in the one chain."""
