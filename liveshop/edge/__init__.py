"""The edge: what the world sees of the engine, over one port."""
