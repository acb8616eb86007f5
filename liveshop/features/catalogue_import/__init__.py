"""The import of a catalogue: a product CSV from Shopify, read in a process of its own."""

from liveshop.core.feature import Feature
from liveshop.features.catalogue_import.http import operations
from liveshop.features.catalogue_import.rules import ImportReport
from liveshop.features.catalogue_import.store import import_products

__all__ = ["CATALOGUE_IMPORT", "ImportReport", "import_products"]

CATALOGUE_IMPORT = Feature(name="catalogue_import", operations=operations)
