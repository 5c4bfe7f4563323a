"""``/health`` and ``/metrics`` over HTTP: counts only, no names of files, no texts."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from ingest.closing import Closing
from kgbuilder.errors import SettingsError

logger = logging.getLogger(__name__)

#: Seconds after which a client that says nothing is hung up on.
PATIENCE = 10.0


class Endpoint(Closing):
    """Serves on ``host`` and ``port`` (0: a free one) until closed.

    ``health`` gives whether all is well, and the answer's fields; it is called from other threads.
    """

    def __init__(
        self,
        host: str,
        port: int,
        registry: CollectorRegistry,
        health: Callable[[], tuple[bool, Mapping[str, Any]]],
    ) -> None:
        class Handler(BaseHTTPRequestHandler):
            timeout = PATIENCE
            server_version = "kgbuilder"
            sys_version = ""

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if path == "/metrics":
                    self._answer(200, CONTENT_TYPE_LATEST, generate_latest(registry))
                elif path == "/health":
                    well, fields = health()
                    body = json.dumps(dict(fields)).encode() + b"\n"
                    self._answer(200 if well else 503, "application/json", body)
                else:
                    self._answer(404, "text/plain", b"there is /health and /metrics\n")

            def _answer(self, status: int, kind: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                logger.debug("HTTP: %s", format % args)

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except (OSError, OverflowError) as error:
            raise SettingsError(
                f"Cannot listen on {host}:{port} ({error}); set watch.host and watch.port"
            ) from error
        self._server.daemon_threads = True
        self.address = f"{host}:{self._server.server_port}"
        self._thread = Thread(
            target=self._server.serve_forever, args=(0.5,), name="endpoint", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
