"""How messages reach viewers: a session's audience, frames encoded once, bounded buffers."""
