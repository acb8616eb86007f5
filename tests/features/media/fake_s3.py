"""A service that speaks S3's protocol, with its documented faults: a process of its own.

`python -m tests.features.media.fake_s3 PORT` serves the bucket `shop-pictures`, in its path or in
the name of its host. Each signature is made again by botocore, Amazon's own client, and compared.
`POST /_faults` with a JSON list has the next requests end so: by a status, `"reset"`, `"slow"` or
`"endless"`. `GET /_log` tells all requests since the last time.
"""

import json
import struct
import sys
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, ClassVar, Final

import botocore.auth
import botocore.awsrequest
import botocore.credentials

BUCKET: Final = "shop-pictures"
KEY: Final = "AKIDEXAMPLE"
SECRET: Final = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION: Final = "eu-central-1"
_SKEW_S: Final = 900
_REASONS: Final = {500: "InternalError", 503: "SlowDown", 403: "AccessDenied"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: ClassVar[dict[str, tuple[bytes, str]]] = {}
    faults: ClassVar[list[Any]] = []
    log: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        if self.path == "/_log":
            told, self.log[:] = json.dumps(self.log).encode(), []
            return self._answer(200, told, "application/json")
        return self._serve(b"")

    def do_HEAD(self) -> None:
        self._serve(b"")

    def do_DELETE(self) -> None:
        self._serve(b"")

    def do_PUT(self) -> None:
        self._serve(self.rfile.read(int(self.headers["Content-Length"])))

    def do_POST(self) -> None:
        self.faults[:] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(200, b"")

    def _serve(self, body: bytes) -> None:
        self.log.append(f"{self.command} {self.headers['Host'].split(':')[0]} {self.path}")
        if self.faults and (fault := self.faults.pop(0)) is not None:
            return self._fail(fault)
        if (refusal := self._flaw(body)) is not None:
            return self._refuse(403, refusal)
        named = self.headers["Host"].startswith(f"{BUCKET}.")
        path = self.path if named else self.path.removeprefix(f"/{BUCKET}")
        if path == self.path and not named:
            return self._refuse(404, "NoSuchBucket")
        if self.command == "PUT":
            self.objects[path] = body, self.headers["Content-Type"]
            return self._answer(200, b"")
        if self.command == "DELETE":
            self.objects.pop(path, None)
            return self._answer(204, b"")
        found = self.objects.get(path)
        if found is None:
            return self._refuse(404, "NoSuchKey")
        return self._answer(200, *found)

    def _flaw(self, body: bytes) -> str | None:
        """Return what S3 would refuse about a request's signature, None if nothing."""
        said = self.headers["x-amz-date"]
        at = datetime.strptime(said, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs((datetime.now(UTC) - at).total_seconds()) > _SKEW_S:
            return "RequestTimeTooSkewed"
        request = botocore.awsrequest.AWSRequest(
            method=self.command,
            url=f"http://{self.headers['Host']}{self.path}",
            data=body,
            headers={
                "Host": self.headers["Host"],
                "X-Amz-Content-SHA256": self.headers["x-amz-content-sha256"],
            },
        )
        request.context["timestamp"] = said
        credentials = botocore.credentials.Credentials(KEY, SECRET)
        signer = botocore.auth.S3SigV4Auth(credentials, "s3", REGION)
        request.headers["X-Amz-Date"] = said
        if signer.payload(request) != self.headers["x-amz-content-sha256"]:
            return "XAmzContentSHA256Mismatch"
        text = signer.string_to_sign(request, signer.canonical_request(request))
        signature = signer.signature(text, request)
        wanted = (
            f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, "
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
            f"Signature={signature}"
        )
        return None if self.headers["Authorization"] == wanted else "SignatureDoesNotMatch"

    def _fail(self, fault: Any) -> None:
        if fault == "reset":
            # Of a socket that does not linger, the end is a reset.
            self.connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif fault == "slow":
            time.sleep(5)
            self.close_connection = True
        elif fault == "endless":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for _ in range(300):
                self.wfile.write(b"10000\r\n" + bytes(65_536) + b"\r\n")
        else:
            self._refuse(fault, _REASONS.get(fault, "TemporaryRedirect"))

    def _refuse(self, status: int, code: str) -> None:
        body = f'<?xml version="1.0"?><Error><Code>{code}</Code></Error>'.encode()
        self._answer(status, body, "application/xml")

    def _answer(self, status: int, body: bytes, media_type: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        if status in (301, 307):
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), _Handler).serve_forever()
