"""The step of the schema that webhooks need; it stands in the one chain."""
