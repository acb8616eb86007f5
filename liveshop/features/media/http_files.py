"""The files of uploads, as browsers get them: kept for good, and never taken for a page."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from liveshop.core.errors import NotFound
from liveshop.core.settings import Settings
from liveshop.edge.http.gate import Gate
from liveshop.edge.http.operations import Services
from liveshop.features.media.rules import PATH, file_in, media_type_of
from liveshop.features.media.store import Uploads
from liveshop.features.media.store_files import Files, Folder
from liveshop.features.media.store_rows import UploadRows
from liveshop.features.media.store_s3 import Bucket, S3Files

_HEADERS: Final = {
    # An address is the digest of what was uploaded: what is there never changes.
    "Cache-Control": "public, max-age=31536000, immutable",
    # Nobody's file is a page of ours, should one ever hold more than a picture.
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Accept-Ranges": "none",
}


def uploads_of(services: Services) -> Uploads:
    """Make the uploads of a node."""
    node = services.engine.node
    return Uploads(services.stores[UploadRows], _files(services.settings), node.now_ms)


def routes(services: Services, gate: Gate) -> tuple[BaseRoute, ...]:
    """Return the route of the files."""

    async def picture(request: Request) -> Response:
        named = file_in(request.scope["path"])
        if named is None:
            raise HTTPException(404)
        etag = '"{}/{}"'.format(*named)
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={**_HEADERS, "ETag": etag})
        uploads = services[uploads_of]
        data = uploads.kept.recall(*named)
        if data is None:
            # Guessed addresses are counted: each of them asks the place of the files.
            with gate.seeking(request):
                data = await _file(uploads, *named)
        headers = {**_HEADERS, "ETag": etag}
        return Response(data, media_type=media_type_of(named[1]), headers=headers)

    return (Route(f"{PATH}{{path:path}}", picture),)


async def _file(uploads: Uploads, upload_id: str, name: str) -> bytes:
    data = await uploads.kept.get(upload_id, name)
    if data is None:
        raise NotFound("picture", upload_id)
    return data


def _files(settings: Settings) -> Files:
    if not settings.s3_endpoint:
        return Folder(settings.media_folder)
    return S3Files(
        Bucket(
            endpoint=settings.s3_endpoint,
            name=settings.s3_bucket,
            region=settings.s3_region,
            key=settings.s3_key,
            secret=settings.s3_secret,
            path_style=settings.s3_path_style == "yes",
        )
    )
