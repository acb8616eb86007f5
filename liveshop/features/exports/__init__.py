"""Exports: orders, their lines, events and samples as files, made by a worker."""

from liveshop.core.feature import Feature
from liveshop.features.exports.http import operations
from liveshop.features.exports.rules import NAME
from liveshop.features.exports.worker import ExportsWorker

__all__ = ("EXPORTS",)

EXPORTS = Feature(name=NAME, operations=operations, worker=ExportsWorker)
