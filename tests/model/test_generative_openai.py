"""The client of chat servers, against a scripted double (errors) over real HTTP."""

import logging
import threading
from pathlib import Path

import pytest
from scripted_chat import Reply, scripted_chat

from model.generative.engine import EngineError, Prompt
from model.generative.openai_engine import OpenAIEngine, ServerOptions

FAST = ServerOptions(backoff=0.01, retries=3, timeout=(2.0, 2.0), longest_wait=0.2)
PROMPT = Prompt("Who?", "Be brief.", {"type": "object"})


def test_a_prompt_goes_out_and_its_answer_comes_back() -> None:
    with scripted_chat(Reply("Ada")) as server:
        engine = OpenAIEngine("small", server.url, FAST)
        (answer,) = engine.generate([PROMPT])
    assert (answer.text, answer.complete) == ("Ada", True)
    assert (answer.prompt_tokens, answer.answer_tokens) == (7, 3)
    (sent,) = server.requests
    assert sent["path"] == "/v1/chat/completions"
    assert sent["model"] == "small"
    assert [m["role"] for m in sent["messages"]] == ["system", "user"]
    assert sent["temperature"] == 0
    assert sent["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert "Authorization" not in server.headers[0]


def test_answers_come_in_the_order_of_the_prompts_and_the_same_is_asked_once() -> None:
    with scripted_chat(Reply("x")) as server:
        engine = OpenAIEngine("small", server.url, FAST)
        answers = engine.generate([Prompt("a"), Prompt("b"), Prompt("a")])
    assert len(answers) == 3
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_passing_errors_are_tried_again(status: int) -> None:
    with scripted_chat(Reply("busy", status), Reply("busy", status), Reply("Ada")) as server:
        engine = OpenAIEngine("small", server.url, FAST)
        (answer,) = engine.generate([PROMPT])
    assert answer.text == "Ada"
    assert len(server.requests) == 3
    assert engine.usage.retries == 2


def test_the_server_says_how_long_to_wait_within_bounds() -> None:
    busy = Reply("busy", 429, {"Retry-After": "30"})
    with scripted_chat(busy, Reply("Ada")) as server:
        engine = OpenAIEngine("small", server.url, FAST)
        assert engine.generate([PROMPT])[0].text == "Ada"
    assert 0.15 < server.times[1] - server.times[0] < 3


def test_giving_up_names_status_and_reason() -> None:
    with scripted_chat(Reply("no memory left", 500)) as server:
        engine = OpenAIEngine("small", server.url, FAST)
        with pytest.raises(EngineError, match="status 500: no memory left"):
            engine.generate([PROMPT])
    assert len(server.requests) == 1 + FAST.retries


def test_what_is_wrong_for_good_is_not_tried_again() -> None:
    with scripted_chat(Reply("no such model", 404)) as server:
        engine = OpenAIEngine("small", server.url, FAST)
        with pytest.raises(EngineError, match="no such model"):
            engine.generate([Prompt("a")])
    assert len(server.requests) == 1


def test_a_server_that_takes_no_json_schema_is_asked_without() -> None:
    refusal = Reply("response_format is not supported", 400)
    with scripted_chat(refusal, Reply("Ada")) as server:
        engine = OpenAIEngine("small", server.url, FAST)
        assert engine.generate([PROMPT])[0].text == "Ada"
        assert engine.generate([Prompt("b", json_schema={})])[0].text == "Ada"
    assert ["response_format" in sent for sent in server.requests] == [True, False, False]


def test_a_slow_server_runs_into_the_timeout() -> None:
    options = ServerOptions(timeout=(1.0, 0.1), retries=1, backoff=0.01)
    with scripted_chat(Reply("late", delay=0.6)) as server:
        engine = OpenAIEngine("small", server.url, options)
        with pytest.raises(EngineError, match="No answer"):
            engine.generate([PROMPT])
    assert len(server.requests) == 2


def test_a_broken_connection_is_tried_again() -> None:
    with scripted_chat(Reply("x" * 500, cut=True), Reply("Ada")) as server:
        engine = OpenAIEngine("small", server.url, FAST)
        assert engine.generate([PROMPT])[0].text == "Ada"


def test_no_server_is_an_error_that_says_so() -> None:
    with scripted_chat(Reply("x")) as server:
        url = server.url
    engine = OpenAIEngine("small", url, FAST)
    with pytest.raises(EngineError, match="is the server running"):
        engine.generate([PROMPT])
    assert engine.usage.retries >= FAST.retries
    before = engine.usage.retries
    with pytest.raises(EngineError):
        engine.generate([Prompt("b")])
    assert engine.usage.retries <= before + 1  # a dead server is not waited for at each prompt


@pytest.mark.parametrize("raw", [b"<html>", b"{}", b'{"choices": []}', b"[1]", b"\xff\xfe"])
def test_what_is_no_completion_is_an_error(raw: bytes) -> None:
    with scripted_chat(Reply(raw=raw)) as server:
        engine = OpenAIEngine("small", server.url, FAST)
        with pytest.raises(EngineError, match="no chat completion"):
            engine.generate([PROMPT])


def test_an_answer_cut_off_is_marked_and_counted() -> None:
    with scripted_chat(Reply('{"a": ["b', finish="length")) as server:
        engine = OpenAIEngine("small", server.url, FAST)
        assert not engine.generate([PROMPT])[0].complete
    assert engine.usage.cut_off == 1


def test_requests_at_a_time_are_bounded() -> None:
    options = ServerOptions(concurrency=3)
    with scripted_chat(Reply("x", delay=0.05)) as server:
        engine = OpenAIEngine("small", server.url, options)
        engine.generate([Prompt(str(i)) for i in range(12)])
    assert server.most_at_once == 3
    assert threading.active_count() < 12


def test_answers_are_kept_on_disk(tmp_path: Path) -> None:
    with scripted_chat(Reply("Ada")) as server:
        OpenAIEngine("small", server.url, FAST, tmp_path).generate([PROMPT])
        again = OpenAIEngine("small", server.url, FAST, tmp_path)
        assert again.generate([PROMPT])[0].text == "Ada"
        assert len(server.requests) == 1
        assert (again.usage.cached, again.usage.prompt_tokens) == (1, 0)
        OpenAIEngine("large", server.url, FAST, tmp_path).generate([PROMPT])
        assert len(server.requests) == 2


def test_answers_before_an_error_are_kept(tmp_path: Path) -> None:
    options = ServerOptions(concurrency=1, retries=0)
    with scripted_chat(Reply("one"), Reply("gone", 500)) as server:
        engine = OpenAIEngine("small", server.url, options, tmp_path)
        with pytest.raises(EngineError):
            engine.generate([Prompt("a"), Prompt("b")])
        assert engine.generate([Prompt("a")])[0].cached


def test_a_damaged_cache_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "answers.sqlite").write_bytes(b"not a database" * 100)
    with scripted_chat(Reply("Ada")) as server:
        engine = OpenAIEngine("small", server.url, FAST, tmp_path)
        assert engine.generate([PROMPT])[0].text == "Ada"


def test_tokens_and_cost_are_counted() -> None:
    options = ServerOptions(prices=(1.0, 10.0))
    with scripted_chat(Reply("x")) as server:
        engine = OpenAIEngine("small", server.url, options)
        engine.generate([Prompt("a"), Prompt("b")])
    assert (engine.usage.prompt_tokens, engine.usage.answer_tokens) == (14, 6)
    assert engine.usage.cost == pytest.approx((14 + 60) / 1e6)


def test_the_key_comes_from_the_environment_and_goes_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    secret = "a-very-secret-key"
    monkeypatch.setenv("OPENAI_API_KEY", secret)
    with (
        caplog.at_level(logging.DEBUG),
        scripted_chat(Reply("Ada"), Reply(f"bad key {secret}", 400)) as server,
    ):
        engine = OpenAIEngine("small", server.url, FAST, tmp_path)
        engine.generate([Prompt("a")])
        with pytest.raises(EngineError) as failure:
            engine.generate([Prompt("b")])
    assert server.headers[0]["Authorization"] == f"Bearer {secret}"
    assert secret not in caplog.text
    assert secret not in str(failure.value)
    assert secret not in repr(vars(engine))
    assert all(secret.encode() not in path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    "url", ["localhost:8000", "ftp://x/v1", "http://user:pass@host/v1", "http://host/v1?key=x"]
)
def test_urls_that_are_none_or_hold_secrets_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        OpenAIEngine("small", url)


def test_units_for_splitting_cover_the_text() -> None:
    engine = OpenAIEngine("small", "http://127.0.0.1:1/v1")
    text = "Ein Donaudampfschiff 与 2026 年。"
    spans = engine.token_spans(text)
    assert "".join(text[a:b] for a, b in spans) == text.replace(" ", "")
