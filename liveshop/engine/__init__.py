"""The engine moves what the core decided and the stores made atomic: rooms, purchases, timers."""
