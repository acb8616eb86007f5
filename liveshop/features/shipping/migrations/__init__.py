"""The step of the schema that shipping needs; it stands in the one chain."""
