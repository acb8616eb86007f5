"""HTTP: the API of the protocol, the OpenAPI document made from it, pages and health."""
