"""The public word of purchases."""
