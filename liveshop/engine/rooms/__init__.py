"""The sessions on this node: who loads them, lets viewers in, obeys hosts and repairs Redis."""
