"""Tests of the price pipeline."""
