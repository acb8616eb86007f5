"""The steps of the schema that ballots need; they stand in the one chain."""
