"""The import of a catalogue over HTTP."""

from typing import Final

from liveshop.core.errors import Busy
from liveshop.core.feature import Vocabulary
from liveshop.core.fields import Id
from liveshop.core.roles import Role, Scope
from liveshop.edge.http.base_records import Input, Nothing
from liveshop.edge.http.bodies import stream_body
from liveshop.edge.http.operations import Call, Made, Operation, Reply, Services
from liveshop.features.catalogue_import.limits import CSV_BYTES_MAX
from liveshop.features.catalogue_import.rules import ImportReport
from liveshop.features.catalogue_import.store import Imports
from liveshop.stores.postgres.catalogue import Catalogue


class ImportTarget(Input, frozen=True, kw_only=True):
    """The shop that products are imported into; the caller's if left out."""

    shop: Id | None = None


async def import_csv(services: Services, call: Call[ImportTarget, Nothing]) -> Reply:
    """Import a Shopify product CSV.

    Good rows are kept, bad ones reported. A later import adds the difference in stock from
    what the last one said. The products are the caller's shop's, or the `shop`'s that a caller of
    all shops names.
    """
    call.caller.require_anywhere()
    shop = call.caller.shop_of_new(call.query.shop)
    chunks = stream_body(call.request, CSV_BYTES_MAX)
    report = await services[_imports].run(chunks, shop)
    return Reply(report, made=Made(shop=shop))


def _imports(services: Services) -> Imports:
    return Imports(services.stores[Catalogue], services.settings.currency)


_OPERATION: Final = Operation(
    method="POST",
    path="/api/products/import",
    handler=import_csv,
    scope=Scope.CATALOGUE,
    needs=Role.HOST,
    answers={200: ImportReport},
    refuses=(Busy,),
    streams="text/csv",
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the import's operation."""
    return (_OPERATION,)
