"""Real processes killed at random moments of a stampede, and what has to be true afterwards."""
