"""Tests of the worker: its rounds, its port, its end, and what it may not be known by."""
