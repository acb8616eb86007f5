"""Polls: a question with some choices, one vote a viewer, and a result."""
