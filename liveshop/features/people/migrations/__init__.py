"""The steps of the schema that people need; they stand in the one chain."""
