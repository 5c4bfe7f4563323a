"""Fuzzes our parsers, guided by coverage, with atheris (``pip install atheris``).

    python tests/fuzz.py all --seconds 60
    python tests/fuzz.py schema --seconds 600

Each target (see ``support/fuzz_targets.py``) runs in a process of its own. What breaks one is kept
in the folder ``--keep``; exits with 1 then. The tests of ``test_fuzz.py`` try the same parsers with
random damage, without atheris.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "support"), str(Path(__file__).parents[1])]


def run(name: str, seconds: int, folder: Path) -> None:
    """Fuzz one target; ends the process."""
    import atheris  # type: ignore[import-not-found,unused-ignore]

    with atheris.instrument_imports(include=["ingest", "model", "graph", "kgbuilder"]):
        from fuzz_targets import targets
    target = targets()[name]
    seeds = folder / "seeds" / name
    seeds.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (seeds / f"{number}").write_bytes(seed)
    atheris.Setup(
        [
            *(sys.argv[0], str(seeds), f"-max_total_time={seconds}", "-max_len=4096"),
            *(f"-artifact_prefix={folder}/{name}-", "-timeout=60", "-rss_limit_mb=3000"),
            *("-print_final_stats=1", "-verbosity=0"),
        ],
        target.run,
    )
    atheris.Fuzz()


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", help="a name, or all")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "kgbuilder-fuzz")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        run(arguments.target, arguments.seconds, arguments.keep)
    from fuzz_targets import targets

    arguments.keep.mkdir(parents=True, exist_ok=True)
    broken = []
    for name in targets() if arguments.target == "all" else [arguments.target]:
        command = [sys.executable, __file__, name, "--one", "--seconds", str(arguments.seconds)]
        done = subprocess.run(
            [*command, "--keep", str(arguments.keep)], capture_output=True, text=True
        )
        lines = (done.stdout + done.stderr).splitlines()
        runs = next((ln.split()[-1] for ln in lines if "number_of_executed_units" in ln), "?")
        sys.stdout.write(f"{name}: {runs} inputs, {'sound' if not done.returncode else 'BROKEN'}\n")
        sys.stdout.flush()
        if done.returncode:
            broken.append(name)
            sys.stdout.write("\n".join(lines[-40:]) + "\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
