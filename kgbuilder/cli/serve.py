"""``kgbuilder serve``."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import typer

from kgbuilder.cli import options

NAME = "serve"
#: Seconds between two looks whether the server still runs.
LOOK_INTERVAL = 5.0


def command(
    store: options.Store = None,
    config: options.Config = None,
    debug: options.Debug = False,
) -> None:
    """Run the bundled database for Neo4j clients, until Ctrl-C.

    Clients read as the user 'reader'. Builds and queries may go on meanwhile.
    """
    from graph.store.embedded import DATABASE, READER, EmbeddedServer
    from kgbuilder.cli import console as screen
    from kgbuilder.errors import InputError
    from kgbuilder.graphs import EMBEDDED

    console = screen.set_up(debug)
    url = options.settings(config, store=store).store
    if not url.startswith(EMBEDDED):
        raise InputError(f"{url} is a server already; only the bundled database can be served")
    folder = Path(url.removeprefix(EMBEDDED)).expanduser()
    if not folder.is_dir():
        raise InputError(f"There is no graph in {folder}; make one with 'kgbuilder build'")
    with EmbeddedServer(folder, writer=False) as server:
        port = None
        while True:
            # After a crash the server comes back, at another port.
            if server.ensure_running().port != port:
                port = server.info.port
                typer.echo(server.info.uri)
                console.print(
                    f"Serving {folder}: database {DATABASE}, user {READER} (reads only), password"
                    f" in {server.folder / 'reader-password'}. Ctrl-C stops it.",
                    markup=False,
                    soft_wrap=True,
                )
            Event().wait(LOOK_INTERVAL)
