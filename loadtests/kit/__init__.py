"""What the load tests share: a server in a process of its own, its load, and their figures."""
