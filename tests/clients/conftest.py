"""A node for programs that are made of its document."""

from tests.edge.http.conftest import api

__all__ = ["api"]
