"""The schema's history, one step a file, each in plain SQL."""
