"""The common parts of the load tests: a server in its own process, its load, and their figures."""
