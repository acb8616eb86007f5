"""The signature of a request to S3: AWS Signature Version 4, for one whole body.

Source: "Authenticating Requests: Using the Authorization Header", Amazon S3 API Reference.
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final
from urllib.parse import quote

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SIGNED: Final = ("host", "x-amz-content-sha256", "x-amz-date")


@dataclass(frozen=True, slots=True)
class Signer:
    """A pair of keys for one region."""

    region: str
    key: str
    secret: str = field(repr=False)

    def headers(
        self, method: str, host: str, path: str, body: bytes, now: datetime
    ) -> dict[str, str]:
        """Return the headers that sign a request without a query; `path` is as it is sent."""
        at = now.strftime("%Y%m%dT%H%M%SZ")
        digest = sha256(body).hexdigest()
        values = dict(zip(_SIGNED, (host, digest, at), strict=True))
        names = ";".join(_SIGNED)
        lines = "".join(f"{name}:{value}\n" for name, value in values.items())
        request = f"{method}\n{path}\n\n{lines}\n{names}\n{digest}"
        scope = f"{at[:8]}/{self.region}/s3/aws4_request"
        said = f"{_ALGORITHM}\n{at}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signature = hmac.new(self._key_of(scope), said.encode(), sha256).hexdigest()
        return {
            "x-amz-content-sha256": digest,
            "x-amz-date": at,
            "Authorization": (
                f"{_ALGORITHM} Credential={self.key}/{scope}, SignedHeaders={names}, "
                f"Signature={signature}"
            ),
        }

    def _key_of(self, scope: str) -> bytes:
        made = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            made = hmac.new(made, part.encode(), sha256).digest()
        return made


def quoted(path: str) -> str:
    """Return a path as it is sent and signed: S3 signs it as it is, with slashes."""
    return quote(path, safe="/-_.~")
