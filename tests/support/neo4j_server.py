"""A Neo4j server of a test's own, from a folder of Neo4j's jars."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "only-for-tests"
_OPENS = [
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in ("java.lang", "java.io", "java.nio", "sun.nio.ch", "java.util.concurrent")
]


@contextmanager
def neo4j_server(
    jars: Path, home: Path, *settings: str, scheme: str = "bolt", password: str | None = PASSWORD
) -> Iterator[str]:
    """The URL of a server on ``home``, which ``settings`` (lines of its configuration) add to.

    Without a ``password``, which costs a process of its own to set, anyone may use it.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configure(
        home,
        f"server.bolt.listen_address=127.0.0.1:{port}",
        *("server.http.enabled=false", "server.https.enabled=false"),
        *("dbms.usage_report.enabled=false", "server.memory.pagecache.size=64m"),
        *("server.memory.heap.initial_size=128m", "server.memory.heap.max_size=512m"),
        *(["dbms.security.auth_enabled=false"] if password is None else []),
        *settings,
    )
    if password is not None:
        admin(jars, home, "dbms", "set-initial-password", password)
    log = home / "logs" / "neo4j.log"
    log.write_bytes(b"")
    with (home / "logs" / "console.log").open("wb") as stream:
        server = subprocess.Popen(
            [
                *("java", *_OPENS, "-Xmx512m", "-cp", f"{jars}/*"),
                "org.neo4j.server.CommunityEntryPoint",
                *(f"--home-dir={home}", f"--config-dir={home / 'conf'}"),
            ],
            stdout=stream,
            stderr=stream,
        )
    try:
        deadline = time.monotonic() + 600
        while b"Started." not in log.read_bytes():
            assert server.poll() is None and time.monotonic() < deadline, log.read_text()[-2000:]
            time.sleep(0.2)
        yield f"{scheme}://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextmanager
def imported_server(jars: Path, files: Path, home: Path) -> Iterator[str]:
    """The URL of a server on what the import tool makes of ``files``."""
    configure(home)
    admin(jars, home, "database", "import", "full", "@import.args", "neo4j", folder=files)
    with neo4j_server(jars, home, password=None) as url:
        yield url


def configure(home: Path, *settings: str) -> None:
    """Write the server's configuration."""
    for name in ("conf", "data", "logs", "plugins"):
        (home / name).mkdir(parents=True, exist_ok=True)
    (home / "conf" / "neo4j.conf").write_text("\n".join(settings) + "\n")


def admin(jars: Path, home: Path, *arguments: str, folder: Path | None = None) -> None:
    """Run a command of ``neo4j-admin``."""
    done = subprocess.run(
        [
            *("java", "-Xmx512m", "-cp", f"{jars}/*"),
            *("org.neo4j.cli.AdminTool", *arguments),
        ],
        cwd=folder or home,
        env=os.environ | {"NEO4J_HOME": str(home), "NEO4J_CONF": str(home / "conf")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
