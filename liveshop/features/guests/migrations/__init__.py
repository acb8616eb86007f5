"""The steps of the schema that guests need; they stand in the one chain."""
