"""Clients that others generate from the OpenAPI document that a node serves."""
