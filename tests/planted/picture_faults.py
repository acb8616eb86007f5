"""Bugs in uploads of pictures, and in brands."""

from typing import Final

from tests.planted.fault import Fault

_MEDIA: Final = "liveshop/features/media"
_BRAND: Final = "liveshop/features/brand"
_DRAWING: Final = "tests/features/media/test_drawing.py::test"
_STORE: Final = "tests/features/media/test_store.py::test"
_HTTP: Final = "tests/features/media/test_http.py::test"
_S3: Final = "tests/features/media/test_s3.py::test"
_HEAD: Final = "tests/features/brand/test_head.py::test"
_RULES: Final = "tests/features/brand/test_rules.py::test"

FAULTS: Final = (
    Fault(
        name="a picture is as large as its memory",
        promise="P7: a file of some kilobytes takes the memory of the machine that sells",
        file=f"{_MEDIA}/store_pictures.py",
        old="            _check_size(*opened.size)\n",
        new="",
        tests=(f"{_DRAWING}_40_megapixels_are_taken_and_one_pixel_more_is_not",),
    ),
    Fault(
        name="the Exif of a PNG is read before its pixels",
        promise="a damaged picture is taken, and viewers see a black one",
        file=f"{_MEDIA}/store_pictures.py",
        old='    if kind != "JPEG":\n',
        new="    if not kind:\n",
        tests=(f"{_DRAWING}_a_file_that_only_begins_like_a_picture_is_refused",),
    ),
    Fault(
        name="a decoder has all memory that there is",
        promise="P7: a bug of a decoder takes the memory of the machine that sells",
        file=f"{_MEDIA}/store_process.py",
        old="        (resource.RLIMIT_AS, memory_bytes),\n",
        new="",
        tests=(f"{_DRAWING}_a_decoder_that_takes_all_memory_is_refused_it",),
    ),
    Fault(
        name="a profile of a picture goes on with it",
        promise="what a camera or a program wrote into a file is told to everyone",
        file=f"{_MEDIA}/store_pictures.py",
        old="    picture.info.clear()\n",
        new="    picture.info.update(opened.info)\n",
        tests=(f"{_DRAWING}_nothing_but_pixels_goes_on",),
    ),
    Fault(
        name="a picture is taken for what it says that it is",
        promise="a page of somebody else's is served from the shop's address",
        file=f"{_MEDIA}/store_pictures.py",
        old="        with Image.open(BytesIO(data), formats=[kind]) as opened:\n",
        new="        with Image.open(BytesIO(data)) as opened:\n",
        also=(("    if kind is None:\n", "    kind = kind or 'GIF'\n    if not data:\n"),),
        tests=(f"{_DRAWING}_what_is_none_of_the_three_kinds_is_refused_by_its_content",),
    ),
    Fault(
        name="an upload is called by its bytes only",
        promise="a host deletes the picture of another shop by uploading the same one",
        file=f"{_MEDIA}/store_reader.py",
        old="""sha256(f"{shop or ''}\\0".encode())""",
        new="sha256()",
        tests=(f"{_STORE}_each_shop_has_uploads_of_its_own",),
    ),
    Fault(
        name="a shop uploads without an end",
        promise="a host fills the disk of all shops",
        file=f"{_MEDIA}/media.sql",
        old="WHERE t.uploads < $3 AND t.bytes + $2 <= $4\n",
        new="WHERE $3::bigint > 0 AND $4::bigint > 0\n",
        tests=(f"{_STORE}_a_shop_has_so_many_uploads_and_bytes_and_no_more",),
    ),
    Fault(
        name="a picture that is shown is deleted",
        promise="a host deletes by mistake what viewers are about to see",
        file=f"{_MEDIA}/store_rows.py",
        old="            if shown is not None:\n",
        new="            if shown is False:\n",
        tests=(f"{_STORE}_what_a_product_shows_is_not_deleted",),
    ),
    Fault(
        name="a file is named by anything behind its upload",
        promise="any file of the machine is read through the address of a picture",
        file=f"{_MEDIA}/rules.py",
        old="    found = _FILE.fullmatch(url)\n"
        "    return None if found is None else (found[1], found[2])\n",
        new="    parts = url.split('/', 3)\n"
        "    return (parts[2], parts[3]) if len(parts) > 3 else None\n",
        tests=(f"{_STORE}_a_path_that_is_none_of_an_uploads_names_no_file",),
    ),
    Fault(
        name="a file that is asked for by many is read for each of them",
        promise="P7: the place of the pictures is asked a thousand times when a show begins",
        file=f"{_MEDIA}/store_kept.py",
        old="            if under_way is None:\n",
        new="            if under_way is None or key:\n",
        tests=(f"{_STORE}_a_file_that_many_want_at_once_is_read_once",),
    ),
    Fault(
        name="an upload may load what it likes",
        promise="a file that is more than a picture runs in the name of the shop",
        file=f"{_MEDIA}/http_files.py",
        old="""    "Content-Security-Policy": "default-src 'none'",\n""",
        new="",
        tests=(f"{_HTTP}_a_picture_is_uploaded_once_and_served_for_good",),
    ),
    Fault(
        name="what S3 cannot do now is not tried again",
        promise="uploads fail whenever S3 asks its clients to slow down",
        file=f"{_MEDIA}/store_s3.py",
        old="_ATTEMPTS: Final = 3\n",
        new="_ATTEMPTS: Final = 1\n",
        tests=(f"{_S3}_a_fault_that_passes_is_tried_again",),
    ),
    Fault(
        name="a body is not part of what is signed for S3",
        promise="every upload to S3 is refused, or can be replaced on its way",
        file=f"{_MEDIA}/store_s3_signature.py",
        old="        digest = sha256(body).hexdigest()\n",
        new="        digest = sha256(b'').hexdigest()\n",
        tests=(f"{_S3}_what_is_put_is_there_until_it_is_deleted",),
    ),
    Fault(
        name="a brand's pictures lie anywhere",
        promise="a host has a stranger's server told of every viewer of its shows",
        file=f"{_BRAND}/rules.py",
        old="    found = _ORIGIN.fullmatch(picture)\n    if found is None:\n        return False\n",
        new="    found = _ORIGIN.fullmatch(picture)\n    if found is None:\n        return False\n"
        "    return True\n",
        tests=(f"{_RULES}_a_picture_from_elsewhere_is_refused",),
    ),
    Fault(
        name="a brand shows the pictures of another shop",
        promise="a host keeps another shop from deleting its picture",
        file=f"{_BRAND}/brand.sql",
        old="WHERE u.id IS NULL OR u.shop IS DISTINCT FROM $1\n",
        new="WHERE u.id IS NULL OR u.shop = $1 || '!'\n",
        tests=(
            "tests/features/brand/test_http.py"
            "::test_a_brand_s_picture_is_not_deleted_and_another_shops_is_not_taken",
        ),
    ),
    Fault(
        name="a title stands in a page as it was written",
        promise="a host's title runs in the browser of whoever opens the link",
        file="liveshop/edge/http/page_head.py",
        old="""content="{escape(content)}">""",
        new="""content="{content}">""",
        tests=(f"{_HEAD}_whatever_a_host_writes_is_text",),
    ),
    Fault(
        name="a link to a draft has its title",
        promise="drafts are not public: anybody reads what a show is about before it is planned",
        file=f"{_BRAND}/http_head.py",
        old="None if found.status == Status.DRAFT else found",
        new="found",
        tests=(f"{_HEAD}_nothing_is_told_of_a_draft_or_of_a_session_that_is_not_there",),
    ),
    Fault(
        name="a page asks for its brand each time",
        promise="P7: a crowd that opens a link is as many queries",
        file=f"{_BRAND}/http_head.py",
        old="        if known is not None and self._now_s() < known.until_s:\n",
        new="        if known is not None and self._now_s() < 0:\n",
        tests=(f"{_HEAD}_a_crowd_that_comes_at_once_is_one_query_every_two_seconds",),
    ),
    Fault(
        name="text on a button is white whatever the button is",
        promise="a viewer cannot read what a button says",
        file=f"{_BRAND}/colours.py",
        old="                if contrast(moved, text) >= TEXT_CONTRAST_MIN:\n",
        new="                if text:\n",
        tests=(
            "tests/features/brand/test_rules_of_colours.py::test_the_contrasts_hold_for_any_grey",
        ),
    ),
)
