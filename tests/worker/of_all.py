"""The metrics of a worker that has all features, for those who compare them with documents."""

from prometheus_client import CollectorRegistry

from liveshop.core.settings import Settings
from liveshop.worker.worker import Worker, worker_database
from tests.every_feature import EVERY


def worker_registry() -> CollectorRegistry:
    """Return them; nothing runs."""
    settings = Settings()
    return Worker(settings, worker_database(settings), EVERY).metrics.registry
