"""A node with its HTTP interface."""

from tests.edge.http.conftest import api

__all__ = ["api"]
