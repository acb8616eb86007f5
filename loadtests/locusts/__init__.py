"""Users for Locust: viewers, buyers and a host, and how their number changes."""
