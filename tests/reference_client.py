"""A client written only from the protocol's text, to hold the server's messages against."""

from typing import Any

CHAT_TAIL = 50

Message = dict[str, Any]


class ReferenceClient:
    """A viewer's knowledge of a session: the snapshot, with all that came after it applied."""

    def __init__(self) -> None:
        self.session: Message = {}
        self.clock_ms = 0

    def receive(self, message: Message) -> None:
        """Apply one message; those that are not about the shared state change nothing."""
        kind: str = message["type"]
        if kind == "session":
            self.session = message
        elif kind == "pulse":
            self._pulse(message)
        elif kind == "chat":
            self.session["chat"] = [*self.session["chat"], *message["messages"]][-CHAT_TAIL:]
        elif kind == "session.stream":
            self.session["stream_url"] = message["stream_url"]
        elif "offset" in message:
            assert message["offset"] == self.session["offset"] + 1, "an event is missing"
            self.session["offset"] = message["offset"]
            getattr(self, "_" + kind.replace(".", "_"))(message)

    def _pulse(self, message: Message) -> None:
        self.clock_ms = message["now_ms"]
        for name in ("viewers", "likes", "buying"):
            if name in message:
                self.session[name] = message[name]
        for sku, left in message.get("left", {}).items():
            self._show_left(sku, left)
        for sale in self.session["sales"]:
            sale["left"] = message.get("sales", {}).get(sale["product_id"], sale["left"])

    def _session_started(self, message: Message) -> None:
        self.session["status"] = message["status"]
        self.session["stream_url"] = message["stream_url"]

    _session_paused = _session_resumed = _session_ended = _session_started

    def _session_updated(self, message: Message) -> None:
        for name in ("status", "title", "starts_at_ms", "stream_url", "cover_url"):
            self.session[name] = message[name]

    def _product_added(self, message: Message) -> None:
        self.session["shelf"].append(message["product"])

    def _product_removed(self, message: Message) -> None:
        self._drop("shelf", "product_id", message["product_id"])

    def _shelf_ordered(self, message: Message) -> None:
        by_id = {product["product_id"]: product for product in self.session["shelf"]}
        self.session["shelf"] = [by_id[product_id] for product_id in message["product_ids"]]

    def _stock_added(self, message: Message) -> None:
        """How many are left is told by a pulse."""

    def _product_repriced(self, message: Message) -> None:
        for variant in self._variants():
            variant["price"] = message["prices"].get(variant["sku"], variant["price"])

    def _product_pinned(self, message: Message) -> None:
        self.session["pinned"] = message["pinned"]

    _product_unpinned = _product_pinned

    def _sale_started(self, message: Message) -> None:
        fields = ("product_id", "prices", "starts_at_ms", "ends_at_ms", "left", "limit")
        self.session["sales"].append({name: message[name] for name in fields})

    def _sale_ended(self, message: Message) -> None:
        self._drop("sales", "product_id", message["product_id"])

    def _product_sold_out(self, message: Message) -> None:
        self._show_left(message["sku"], 0)
        for variant in self._of_sku(message["sku"]):
            variant["sold"] = True

    def _product_restocked(self, message: Message) -> None:
        self._show_left(message["sku"], message["left"])
        for variant in self._of_sku(message["sku"]):
            variant.pop("sold", None)

    def _chat_deleted(self, message: Message) -> None:
        self._drop("chat", "id", message["id"])
        self._drop("chat_pinned", "id", message["id"])

    def _chat_pinned(self, message: Message) -> None:
        self.session["chat_pinned"].append(message["message"])

    def _chat_unpinned(self, message: Message) -> None:
        self._drop("chat_pinned", "id", message["id"])

    def _chat_slowed(self, message: Message) -> None:
        self.session.pop("chat_slow_ms", None)
        if message["interval_ms"]:
            self.session["chat_slow_ms"] = message["interval_ms"]

    def _chat_blocked(self, message: Message) -> None:
        """Of the words only their number is told."""

    def _drop(self, name: str, key: str, value: str) -> None:
        self.session[name] = [item for item in self.session[name] if item[key] != value]

    def _show_left(self, sku: str, left: int) -> None:
        for variant in self._of_sku(sku):
            variant["left"] = left

    def _of_sku(self, sku: str) -> list[Message]:
        return [variant for variant in self._variants() if variant["sku"] == sku]

    def _variants(self) -> list[Message]:
        return [variant for product in self.session["shelf"] for variant in product["variants"]]
