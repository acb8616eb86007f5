"""Uploads in requests and answers."""

from liveshop.core.fields import Id
from liveshop.edge.http.base_records import Input, Output, Page
from liveshop.features.media.rules import Upload, address_of, media_type_of


class UploadTarget(Input, frozen=True, kw_only=True):
    """The shop that a picture is uploaded for; the caller's if left out."""

    shop: Id | None = None


class UploadsPage(Page, frozen=True, kw_only=True):
    """Which page of the uploads, the newest first; a caller of all shops may name one."""

    shop: Id | None = None


class PictureSize(Output, frozen=True, kw_only=True):
    """A file that a picture is kept as."""

    url: str
    type: str
    width: int
    height: int
    bytes: int


class UploadView(Output, frozen=True, kw_only=True):
    """An uploaded picture: `url` is the file that most need, `sizes` are all of its files.

    `format`, `width` and `height` are those of the picture that came, turned upright.
    """

    id: Id
    url: str
    format: str
    width: int
    height: int
    bytes: int
    sizes: list[PictureSize]
    created_at_ms: int
    shop: Id | None = None


class UploadList(Output, frozen=True, kw_only=True):
    """A page of uploads."""

    uploads: list[UploadView]
    next: Id | None


class DeletedUpload(Output, frozen=True, kw_only=True):
    """The upload that is gone."""

    id: Id


def view_of(upload: Upload) -> UploadView:
    """Return an upload as it is shown."""
    sizes = [
        PictureSize(
            url=address_of(upload.upload_id, each.name),
            type=media_type_of(each.name),
            width=each.width,
            height=each.height,
            bytes=each.bytes,
        )
        for each in upload.renditions
    ]
    return UploadView(
        id=upload.upload_id,
        url=address_of(upload.upload_id),
        format=upload.format,
        width=upload.width,
        height=upload.height,
        bytes=upload.bytes,
        sizes=sizes,
        created_at_ms=upload.created_at_ms,
        shop=upload.shop,
    )
