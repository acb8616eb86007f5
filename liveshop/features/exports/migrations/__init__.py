"""The step of the schema that exports need; it stands in the one chain."""
