"""A double of a chat server: it answers what a test wrote down, for errors no real one makes at
will. Requests and responses travel over real HTTP."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One response. ``content`` is the answer's text, ``raw`` a body in its place."""

    content: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    finish: str = "stop"
    delay: float = 0.0
    raw: bytes | None = None
    cut: bool = False
    """Close the connection in the middle of the body."""

    def body(self) -> bytes:
        if self.raw is not None:
            return self.raw
        if self.status != 200:
            return json.dumps({"error": {"message": self.content}}).encode()
        choice = {"message": {"content": self.content}, "finish_reason": self.finish}
        usage = {"prompt_tokens": 7, "completion_tokens": 3}
        return json.dumps({"choices": [choice], "usage": usage}).encode()


class ScriptedChat:
    """Gives ``replies`` one after another, the last one for ever, and keeps what it was sent."""

    def __init__(self, replies: list[Reply]) -> None:
        self.replies = replies
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.times: list[float] = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        self.url = ""


@contextmanager
def scripted_chat(*replies: Reply) -> Iterator[ScriptedChat]:
    """A server on a free port of the loopback address."""
    script = ScriptedChat(list(replies))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with script.lock:
                reply = script.replies[min(len(script.requests), len(script.replies) - 1)]
                script.requests.append({"path": self.path, **json.loads(body)})
                script.headers.append(dict(self.headers))
                script.times.append(time.monotonic())
                script.at_once += 1
                script.most_at_once = max(script.most_at_once, script.at_once)
            time.sleep(reply.delay)
            with script.lock:
                script.at_once -= 1
            content = reply.body()
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if reply.cut else content)
                if reply.cut:
                    self.close_connection = True
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client has gone

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
