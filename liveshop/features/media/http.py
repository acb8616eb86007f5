"""Uploads of pictures over HTTP."""

from typing import Final

from liveshop.core.errors import Busy, Conflict, LimitReached
from liveshop.core.feature import Vocabulary
from liveshop.core.fields import Id
from liveshop.core.roles import Role, Scope
from liveshop.edge.http.base_records import Nothing
from liveshop.edge.http.bodies import stream_body
from liveshop.edge.http.operations import ANY_TYPE, Call, Made, Named, Operation, Reply, Services
from liveshop.features.media.http_files import uploads_of
from liveshop.features.media.http_records import (
    DeletedUpload,
    UploadList,
    UploadsPage,
    UploadTarget,
    UploadView,
    view_of,
)
from liveshop.features.media.limits import UPLOAD_BYTES_MAX, UPLOADS_RATE
from liveshop.features.media.store_rows import UploadRows
from liveshop.stores.postgres.shops import Owner


async def add_upload(services: Services, call: Call[UploadTarget, Nothing]) -> Reply:
    """Upload a picture: the body is its bytes, JPEG, PNG or WebP, whatever its type is said to be.

    It is drawn again in the sizes of the pages, without anything else that was in the file. The
    same bytes again are the same upload, which is answered by 200. A picture that moves is refused.
    """
    call.caller.require_anywhere()
    shop = call.caller.shop_of_new(call.query.shop)
    services.throttle.take(f"uploads of {call.caller.name}", UPLOADS_RATE)
    added = await services[uploads_of].add(stream_body(call.request, UPLOAD_BYTES_MAX), shop)
    made = Made(about=added.upload.upload_id, shop=shop)
    return Reply(view_of(added.upload), 201 if added.made else 200, made=made)


async def list_uploads(services: Services, call: Call[UploadsPage, Nothing]) -> Reply:
    """List the uploads of the caller's shop, the newest first."""
    call.caller.require_anywhere()
    shop = call.caller.shop_of_new(call.query.shop)
    page = await services.stores[UploadRows].page(
        after=call.query.after, limit=call.query.limit, shop=shop
    )
    return Reply(UploadList(uploads=[view_of(each) for each in page.uploads], next=page.next))


async def delete_upload(services: Services, call: Call[Nothing, Nothing]) -> Reply:
    """Delete an upload and its files: a conflict while a brand or a product shows it.

    A browser that has a file may keep it.
    """
    call.caller.require_anywhere()
    upload_id = call.path["upload_id"]
    await services[uploads_of].remove(upload_id)
    return Reply(DeletedUpload(id=upload_id))


async def _owner(services: Services, upload_id: str, shop: str | None) -> Owner | None:
    found = await services.stores[UploadRows].find(upload_id)
    return None if found is None else Owner(found.shop)


_OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/api/uploads",
        handler=add_upload,
        scope=Scope.CATALOGUE,
        needs=Role.HOST,
        answers={200: UploadView, 201: UploadView},
        refuses=(LimitReached, Busy),
        streams=ANY_TYPE,
    ),
    Operation(
        method="GET",
        path="/api/uploads",
        handler=list_uploads,
        scope=Scope.CATALOGUE,
        needs=Role.HOST,
        answers={200: UploadList},
    ),
    Operation(
        method="DELETE",
        path="/api/uploads/{upload_id}",
        names={"upload_id": Named(Id, _owner)},
        handler=delete_upload,
        scope=Scope.CATALOGUE,
        needs=Role.HOST,
        answers={200: DeletedUpload},
        refuses=(Conflict,),
    ),
)


def operations(vocabulary: Vocabulary) -> tuple[Operation, ...]:
    """Return the operations of uploads."""
    return _OPERATIONS
