from pathlib import Path

import pytest

from kgbuilder.settings import DEFAULTS, SettingsError, load_settings


def test_defaults_are_those_of_the_shipped_file() -> None:
    settings = load_settings(environment={})
    assert settings.store == "embedded:graph.kg"
    assert settings.schema == "general"
    assert settings == load_settings(DEFAULTS, environment={})


def test_each_layer_wins_over_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("schema: science\nbatch: 7\nneo4j: {user: of-the-file}\n")
    environment = {"KGBUILDER_BATCH": "8", "KGBUILDER_NEO4J_USER": "of-the-environment"}
    settings = load_settings(file, {"neo4j.user": "of-the-arguments"}, environment)
    assert settings.schema == "science"
    assert settings.batch == 8
    assert settings.neo4j.user == "of-the-arguments"
    assert load_settings(file, {"neo4j.user": None}, environment).neo4j.user == "of-the-environment"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("sotre: x\n", "'sotre'"),
        ("neo4j: {usr: x}\n", "'neo4j.usr'"),
        ("ingest: {limits: {max_deep: 3}}\n", "'ingest.limits.max_deep'"),
        ("batch: many\n", "'batch'"),
        ("neo4j: x\n", "'neo4j'"),
        ("- a\n- b\n", "key: value"),
        ("a: [\n", "line 2"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_the_file(
    tmp_path: Path, content: str, named: str
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(content)
    with pytest.raises(SettingsError) as caught:
        load_settings(file, environment={})
    assert named in str(caught.value)
    assert str(file) in str(caught.value)


def test_a_near_miss_gets_a_suggestion(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("extracter: span\n")
    with pytest.raises(SettingsError, match="did you mean 'extractor'"):
        load_settings(file, environment={})


def test_a_wrong_value_in_the_environment_names_the_variable() -> None:
    with pytest.raises(SettingsError, match="KGBUILDER_CHUNK_TOKENS"):
        load_settings(environment={"KGBUILDER_CHUNK_TOKENS": "0"})


def test_an_unknown_variable_is_reported_but_no_error(caplog: pytest.LogCaptureFixture) -> None:
    load_settings(environment={"KGBUILDER_STOER": "x", "KGBUILDER_TEST_NEO4J_URI": "y"})
    assert "KGBUILDER_STOER" in caplog.text
    assert "KGBUILDER_TEST_NEO4J_URI" not in caplog.text


def test_a_missing_file_is_named() -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yaml"):
        load_settings("nowhere.yaml", environment={})


def test_the_password_shows_neither_in_settings_nor_in_errors(tmp_path: Path) -> None:
    settings = load_settings(environment={"KGBUILDER_NEO4J_PASSWORD": "s3cret"})
    assert "s3cret" not in repr(settings)
    assert settings.neo4j.password is not None
    assert settings.neo4j.password.get_secret_value() == "s3cret"
    file = tmp_path / "settings.yaml"
    file.write_text("neo4j: {password: [s3cret]}\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(file, environment={})
    assert "s3cret" not in str(caught.value)
