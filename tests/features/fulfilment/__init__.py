"""Tests of the work after a show."""
