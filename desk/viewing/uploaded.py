"""A file that a partner sent, as it goes out: inert wherever it opens."""

from typing import Final

from starlette.responses import Response

from models.upload import UPLOAD_TYPES, Upload

ENDINGS: Final = dict(zip(UPLOAD_TYPES, ("svg", "png", "jpg", "webp"), strict=True))
INERT: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    # May be another person's browser next: it is confidential before the launch.
    "Cache-Control": "private, no-cache",
}


def sent_file(found: Upload) -> Response:
    """An <img> shows it; opened by itself it is a download, so a drawing is never a page of ours."""
    name = f'attachment; filename="{found.digest[:12]}.{ENDINGS[found.media_type]}"'
    return Response(found.data, media_type=found.media_type, headers={**INERT, "Content-Disposition": name})
