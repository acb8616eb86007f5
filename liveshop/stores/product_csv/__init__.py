"""Product CSVs read in a process of their own, so that a file costs a node none of its time."""
