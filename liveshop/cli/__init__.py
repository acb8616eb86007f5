"""The command line: a demo, a server, and the tools of whoever operates it."""
