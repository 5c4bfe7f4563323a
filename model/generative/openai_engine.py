"""Any server that speaks OpenAI's chat API: vLLM, TGI, llama.cpp, Ollama, transformers, a cloud.

urllib3 carries the requests: it is small, well kept, pools connections between threads, and knows
how to wait and try again. The key comes from the environment only and is never written anywhere.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.util import Retry, Timeout

from ingest.text import CJK
from model.generative.answer_cache import AnswerCache
from model.generative.engine import Answer, EngineError, Prompt, Usage

logger = logging.getLogger(__name__)

KEY_VARIABLE = "OPENAI_API_KEY"
DEFAULT_URL = "https://api.openai.com/v1"
#: Answers of this kind are worth another try.
TRY_AGAIN = (408, 409, 425, 429, 500, 502, 503, 504)
_TOKENS = re.compile(rf"[{CJK}]|[^\W\d_]{{1,4}}|\d{{1,3}}|[^\w\s]|\S")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class ServerOptions:
    """How a server is asked.

    ``concurrency``: requests at a time. ``timeout``: seconds to wait for a connection, and for
    the answer. ``retries``: further tries of a request, after ``backoff`` seconds, twice as many
    each time, or as long as the server says, at most ``longest_wait``. ``constrained``: send the
    JSON Schema of the answer; a server that refuses it is asked without from then on. ``seed`` and
    ``temperature`` are sent as they are. ``prices``: of a million prompt and answer tokens.
    """

    max_tokens: int = 1024
    temperature: float = 0.0
    seed: int | None = 0
    concurrency: int = 8
    timeout: tuple[float, float] = (10.0, 300.0)
    retries: int = 5
    backoff: float = 1.0
    longest_wait: float = 60.0
    constrained: bool = True
    prices: tuple[float, float] | None = None
    key_variable: str = KEY_VARIABLE


class OpenAIEngine:
    """See ``model.generative.engine.Engine``. ``url`` ends before ``/chat/completions``.

    Raises ValueError for a URL that is none, or holds a user name or password.
    """

    def __init__(
        self,
        model: str,
        url: str = DEFAULT_URL,
        options: ServerOptions | None = None,
        cache_folder: Path | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the server's URL must begin with http:// or https://")
        if parts.username is not None or parts.password is not None or parts.query:
            raise ValueError("the server's URL must hold no user name, password or query")
        self.model = model
        self.url = url.rstrip("/")
        self.options = options or ServerOptions()
        self.usage = Usage(prices=self.options.prices)
        self._cache = AnswerCache(cache_folder) if cache_folder else None
        self._constrained = self.options.constrained
        self._lock = Lock()
        self._insecure = parts.scheme == "http" and parts.hostname not in _LOOPBACK
        self._warned = False
        self._down = False
        self._pool = urllib3.PoolManager(
            num_pools=2, maxsize=self.options.concurrency, block=True, retries=False
        )

    @cached_property
    def fingerprint(self) -> str:
        # The address is left out: moving a server must not void what it answered.
        o = self.options
        content = json.dumps([self.model, o.max_tokens, o.temperature, o.seed, o.constrained])
        return f"openai-{hashlib.sha256(content.encode()).hexdigest()[:16]}"

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """Units about as long as tokens, or shorter: the server's own tokens are not known."""
        return [match.span() for match in _TOKENS.finditer(text)]

    def generate(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """One answer a prompt; each is in the cache as soon as it is there."""
        if not prompts:
            return []
        unique = {prompt.digest: prompt for prompt in prompts}
        workers = min(self.options.concurrency, len(unique))
        pool = ThreadPoolExecutor(workers, "generate")
        try:
            found = dict(zip(unique, pool.map(self._answer, unique.values()), strict=True))
        finally:
            # After an error the requests that wait are not worth sending.
            pool.shutdown(wait=True, cancel_futures=True)
        return [found[prompt.digest] for prompt in prompts]

    def _answer(self, prompt: Prompt) -> Answer:
        key = hashlib.sha256(
            f"{self.url}\0{self.fingerprint}\0{prompt.digest}".encode()
        ).hexdigest()
        answer = self._cache.get(key) if self._cache else None
        if answer is None:
            answer = self._ask(prompt)
            if self._cache:
                self._cache.put(key, answer)
        with self._lock:
            self.usage.count(answer)
        return answer

    def _ask(self, prompt: Prompt) -> Answer:
        constrained = self._constrained and prompt.json_schema is not None
        status, content = self._post(self._body(prompt, constrained))
        if constrained and status in (400, 404, 415, 422, 501):
            # Not every server knows response_format, and some know only some of JSON Schema.
            plain_status, plain = self._post(self._body(prompt, False))
            if plain_status == 200:
                if self._constrained:
                    logger.info("The server takes no JSON Schema; asking without from now on")
                self._constrained = False
                status, content = plain_status, plain
        if status != 200:
            raise EngineError(self._explain(status, content))
        return self._read(content)

    def _body(self, prompt: Prompt, constrained: bool) -> bytes:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": prompt.messages,
            "max_tokens": self.options.max_tokens,
            "temperature": self.options.temperature,
        }
        if self.options.seed is not None:
            body["seed"] = self.options.seed
        if constrained:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": prompt.json_schema},
            }
        return json.dumps(body).encode()

    def _post(self, body: bytes) -> tuple[int, bytes]:
        """Status and content of the response, after as many tries as are allowed."""
        o = self.options
        retry = _CountingRetry(
            self.usage,
            # A server that nobody reached in all tries is not waited for once more a prompt.
            total=0 if self._down else o.retries,
            status_forcelist=TRY_AGAIN,
            allowed_methods=None,
            backoff_factor=o.backoff,
            backoff_max=o.longest_wait,
            backoff_jitter=o.backoff / 2,
            raise_on_status=False,
            redirect=False,
        )
        try:
            response = self._pool.request(
                "POST",
                f"{self.url}/chat/completions",
                body=body,
                headers=self._headers(),
                timeout=Timeout(connect=o.timeout[0], read=o.timeout[1]),
                retries=retry,
            )
            self._down = False
            return response.status, response.data
        except urllib3.exceptions.HTTPError as error:
            reason = getattr(error, "reason", None) or error
            self._down = isinstance(reason, urllib3.exceptions.NewConnectionError)
            raise EngineError(
                f"No answer from {self.url}: {type(reason).__name__}; is the server running?"
            ) from None

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        key = os.environ.get(self.options.key_variable, "").strip()
        if key:
            if self._insecure and not self._warned:
                self._warned = True
                logger.warning("The key of %s goes over plain HTTP", self.options.key_variable)
            headers["Authorization"] = f"Bearer {key}"
        return headers

    def _explain(self, status: int, content: bytes) -> str:
        if status in (401, 403):
            return f"{self.url} refused the key (status {status}): set {self.options.key_variable}"
        message = ""
        try:
            data = json.loads(content)
            error = data.get("error", data) if isinstance(data, dict) else data
            message = str(error.get("message", "") if isinstance(error, dict) else error)
        except (ValueError, RecursionError):
            message = content[:200].decode("utf-8", "replace")
        message = " ".join(message.split())[:200]
        key = os.environ.get(self.options.key_variable, "").strip()
        if key:
            message = message.replace(key, "...")
        return f"{self.url} answered with status {status}: {message or 'no reason given'}"

    def _read(self, content: bytes) -> Answer:
        try:
            data = json.loads(content)
            choice = data["choices"][0]
            text = choice["message"].get("content") or ""
            usage = data.get("usage") or {}
            return Answer(
                str(text),
                choice.get("finish_reason") != "length",
                int(usage.get("prompt_tokens") or 0),
                int(usage.get("completion_tokens") or 0),
            )
        except (
            LookupError,
            ValueError,
            TypeError,
            AttributeError,
            ArithmeticError,
            RecursionError,
        ):
            raise EngineError(f"{self.url} sent no chat completion; is its path right?") from None


class _CountingRetry(Retry):
    """Counts the tries after the first, and waits no longer than the longest wait."""

    def __init__(self, usage: Usage, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.usage = usage

    def new(self, **arguments: Any) -> _CountingRetry:
        return super().new(usage=self.usage, **arguments)

    def increment(self, *arguments: Any, **named: Any) -> _CountingRetry:
        retry = super().increment(*arguments, **named)
        self.usage.retries += 1
        return retry

    def get_retry_after(self, response: Any) -> float | None:
        after = super().get_retry_after(response)
        return None if after is None else min(after, self.backoff_max)
