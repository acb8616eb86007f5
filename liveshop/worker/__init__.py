"""The worker: what may be slow, or talks to others, in processes that serve no viewer."""
