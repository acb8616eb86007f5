"""The steps of the schema that are of uploads."""
