"""The link and the bus that a Redis URL asks for: of one server, or of a cluster."""

from liveshop.core.redis_servers import Kind, servers_of
from liveshop.stores.redis.bus import Bus
from liveshop.stores.redis.cluster import ClusterBus, ClusterLink
from liveshop.stores.redis.link import RedisLink


def link_to(url: str) -> RedisLink:
    """Return a link to what the URL names."""
    servers = servers_of(url)
    is_cluster = servers is not None and servers.kind is Kind.CLUSTER
    return ClusterLink(url) if is_cluster else RedisLink(url)


def bus_over(url: str, link: RedisLink) -> Bus:
    """Return a bus to go with a link that `link_to` has made of the same URL."""
    return ClusterBus(link) if isinstance(link, ClusterLink) else Bus(url, link)
