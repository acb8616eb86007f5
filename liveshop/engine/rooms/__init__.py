"""The sessions on this node: code to load them, let viewers in, obey hosts and repair Redis."""
