"""``kgbuilder explore``."""

from __future__ import annotations

import ipaddress
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from kgbuilder.cli import options

NAME = "explore"


def command(
    store: options.Store = None,
    config: options.Config = None,
    port: Annotated[int, typer.Option(help="The port of the page.", min=1, max=65535)] = 8501,
    host: Annotated[
        str, typer.Option(help="The address to listen on; by default this machine only.")
    ] = "127.0.0.1",
    read_only: Annotated[
        bool | None,
        typer.Option(
            "--read-only/--editable",
            help="Without review and ingestion. [default: read only unless on this machine only]",
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Do not open the page in a browser.")
    ] = False,
    debug: options.Debug = False,
) -> None:
    """Open the explorer, a web page on the graph, until Ctrl-C."""
    from kgbuilder.cli import console as screen
    from kgbuilder.errors import InputError

    console = screen.set_up(debug)
    if find_spec("streamlit") is None:
        raise InputError(
            "The explorer is not installed; install it with: pip install 'kgbuilder[explorer]'"
        )
    settings = options.settings(config, store=store)
    closed = not _loopback(host) if read_only is None else read_only
    app = _app()
    arguments = ["--store", settings.store]
    arguments += ["--config", str(config.resolve())] if config else []
    arguments += ["--read-only"] if closed else []
    flags = {
        "server.address": host,
        "server.port": port,
        "server.headless": str(no_browser).lower(),
        "server.fileWatcherType": "none",
        "server.maxUploadSize": 256,
        "browser.gatherUsageStats": "false",
        "browser.serverAddress": "localhost" if _loopback(host) else host,
        "client.toolbarMode": "viewer",
        "client.showErrorDetails": "full" if debug else "none",
        "theme.base": app.with_name("theme.toml"),
        "logger.level": "info" if debug else "warning",
    }
    mode = " (read only)" if closed else ""
    console.print(
        f"The explorer of {settings.store}{mode}: http://{_shown(host)}:{port}  Ctrl-C stops it.",
        markup=False,
        soft_wrap=True,
    )
    # In place of this process, so that whatever ends us ends the page.
    os.execve(
        sys.executable,
        [
            *(sys.executable, "-m", "streamlit", "run", str(app)),
            *(f"--{key}={value}" for key, value in flags.items()),
            *("--", *arguments),
        ],
        _environment(),
    )


def _app() -> Path:
    from kgbuilder.errors import InputError

    # The folder, not the package: nothing imports ``dashboard``, and it imports us.
    app = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
    if not app.is_file():
        raise InputError(f"This installation lacks the explorer ({app}); install kgbuilder again")
    return app


def _environment() -> dict[str, str]:
    """The app imports our packages from where we did, whatever the current folder is."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
