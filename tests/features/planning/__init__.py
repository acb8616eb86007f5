"""Shows that are planned again."""
