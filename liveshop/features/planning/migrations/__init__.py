"""The steps of the schema that planning needs; they stand in the one chain."""
