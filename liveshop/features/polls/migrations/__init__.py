"""The steps of the schema that polls need; they stand in the one chain."""
