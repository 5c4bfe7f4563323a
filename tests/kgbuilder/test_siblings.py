import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def import_kgbuilder(folder: Path) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.path.append({str(ROOT)!r}); import kgbuilder; print('imported')"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", ["ingest", "model", "graph"])
@pytest.mark.parametrize("form", ["package", "module"])
def test_import_error_names_what_shadows_a_sibling(tmp_path: Path, name: str, form: str) -> None:
    shadow = tmp_path / f"{name}.py" if form == "module" else tmp_path / name / "__init__.py"
    shadow.parent.mkdir(exist_ok=True)
    shadow.write_text("")
    done = import_kgbuilder(tmp_path)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError")
    assert str(shadow) in last


def test_a_folder_without_python_shadows_nothing(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.bin").write_bytes(b"")
    assert import_kgbuilder(tmp_path).stdout == "imported\n"


def test_a_module_already_imported_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "graph.py").write_text("")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'elsewhere')!r}); import graph;"
        f"sys.path[0] = {str(ROOT)!r}; import kgbuilder"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "graph.py shadows it" in done.stderr


@pytest.mark.parametrize("statement", ["import kgbuilder", "import kgbuilder.cli.main"])
def test_importing_the_front_door_loads_nothing_heavy(statement: str) -> None:
    code = (
        f"import sys; {statement};"
        "heavy = {'torch', 'transformers', 'onnxruntime', 'neo4j', 'rdflib', 'trafilatura',"
        " 'numpy', 'pydantic', 'streamlit', 'networkx'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
