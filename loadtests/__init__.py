"""Load on a running liveshop, made with locust."""
