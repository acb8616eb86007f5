"""Whether a node that works for long takes more and more of anything."""
