"""The samples of a node's metrics, read as Prometheus reads them."""

from liveshop.engine.metrics import Metrics


def find_sample(metrics: Metrics, name: str, **labels: str) -> float | None:
    """Return the value of one sample; None if labels have not been counted by yet."""
    return metrics.registry.get_sample_value(f"liveshop_{name}", labels)


def sample(metrics: Metrics, name: str, **labels: str) -> float:
    """Return the value of one sample that is there; its name is given without the prefix."""
    value = find_sample(metrics, name, **labels)
    assert value is not None, f"there is no sample liveshop_{name} {labels}"
    return value
