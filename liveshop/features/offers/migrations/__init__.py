"""The steps of the schema that offers need; they stand in the one chain."""
