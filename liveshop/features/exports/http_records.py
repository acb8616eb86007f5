"""Exports in requests and answers."""

from liveshop.core import limits
from liveshop.core.fields import Id, Instant
from liveshop.edge.http.base_records import Input, Output, PageLimit, Sequence
from liveshop.features.exports.rules import Asked, Dataset, ExportState, Format
from liveshop.features.exports.store import Export


class NewExport(Input, frozen=True, kw_only=True):
    """A file to make: of one session or of all, of what happened from an instant up to another."""

    dataset: Dataset
    format: Format = Format.CSV
    session_id: Id | None = None
    from_ms: Instant = 0
    to_ms: Instant = limits.INSTANT_MS_MAX

    def __post_init__(self) -> None:
        if self.from_ms >= self.to_ms:
            raise ValueError("`to_ms` is after `from_ms`")

    def asked(self, shop: str | None) -> Asked:
        """Return it as it is stored."""
        return Asked(
            dataset=self.dataset,
            format=self.format,
            session_id=self.session_id,
            shop=shop,
            from_ms=self.from_ms,
            to_ms=self.to_ms,
        )


class ExportsPage(Input, frozen=True, kw_only=True):
    """Which exports: the newest first, before a `next`."""

    before: Sequence | None = None
    limit: PageLimit = limits.PAGE_ITEMS_DEFAULT


class ExportView(Output, frozen=True, kw_only=True):
    """An export, and how far it is: `rows` of `rows_expected`, null before a worker has begun."""

    id: str
    dataset: Dataset
    format: Format
    session_id: str | None
    from_ms: int
    to_ms: int
    state: ExportState
    rows: int
    rows_expected: int | None
    bytes: int
    sha256: str | None
    failure: str | None
    made_at_ms: int
    done_at_ms: int | None
    expires_at_ms: int

    @classmethod
    def of(cls, export: Export) -> "ExportView":
        """Return an export as it is shown."""
        asked = export.asked
        return cls(
            id=export.export_id,
            dataset=asked.dataset,
            format=asked.format,
            session_id=asked.session_id,
            from_ms=asked.from_ms,
            to_ms=asked.to_ms,
            state=export.state,
            rows=export.rows,
            rows_expected=export.rows_expected,
            bytes=export.bytes,
            sha256=export.sha256,
            failure=export.failure,
            made_at_ms=export.made_ms,
            done_at_ms=export.done_ms,
            expires_at_ms=export.expires_ms,
        )


class ExportList(Output, frozen=True, kw_only=True):
    """A page of exports."""

    exports: list[ExportView]
    next: int | None


class RemovedExport(Output, frozen=True, kw_only=True):
    """An export whose file is deleted."""

    id: str
