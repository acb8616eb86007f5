"""The steps of the schema that product sets need; they stand in the one chain."""
