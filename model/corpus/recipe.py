"""What a corpus is made of: a YAML file, checked. See ``configs/corpus/example.yaml``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from model.checked import read_yaml
from model.corpus.errors import CorpusError
from model.corpus.shapes import SHAPES, Files, RawDocument, Unreadable, shape


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """Files of one shape, counted and sampled together."""

    name: str = Field(min_length=1)
    shape: str
    paths: tuple[Path, ...] = Field(min_length=1)
    languages: tuple[str, ...] = ()
    """Codes of the languages that stay; empty: those of the recipe."""
    skip: int = Field(0, ge=0)
    """Leave out the first so many documents, which another recipe takes."""
    documents: int | None = Field(None, gt=0)
    """Take only so many documents."""

    @field_validator("shape")
    @classmethod
    def _known(cls, shape: str) -> str:
        if shape not in SHAPES:
            raise ValueError(f"there is no source shape {shape!r}; there are {', '.join(SHAPES)}")
        return shape

    def read(self, files: Files) -> Iterator[RawDocument | Unreadable]:
        """The source's documents, of its ``files``."""
        end = None if self.documents is None else self.skip + self.documents
        return islice(shape(self.shape).read(files), self.skip, end)


class Duplicates(_Strict):
    """Which documents are left out because they came before."""

    exact: bool = True
    near: bool = True
    threshold: float = Field(default=0.8, gt=0, lt=1)
    """Similarity (Jaccard, of runs of five words) from which on documents are the same."""


class Recipe(_Strict):
    """How to make a corpus; relative paths are below the recipe's folder."""

    tokenizer: Path
    output: Path
    eos_token: str | None = None
    bos_token: str | None = None
    max_tokens: int = Field(1024, ge=16)
    """Most tokens of a sample."""
    drop_tokens: int = Field(20, ge=0)
    """Samples of so many tokens or fewer are left out."""
    languages: tuple[str, ...] = ()
    """Codes of the languages that stay (``en``, ``zh``); empty: all."""
    rules: Path | None = None
    """None: ``configs/corpus/rules.yaml``."""
    duplicates: Duplicates = Duplicates()
    evaluation: tuple[Path, ...] = ()
    """Files whose texts are kept out of the corpus."""
    sources: tuple[Source, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Recipe:
        names = [source.name for source in self.sources]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two sources have the name {name!r}")
        return self


def load_recipe(path: str | Path, *, tokenizer: bool = True) -> Recipe:
    """The recipe in a YAML file. Raises CorpusError, which names the key or the missing path.

    ``tokenizer``: whether the recipe's must be there.
    """
    path = Path(path)
    recipe = read_yaml(path, Recipe, CorpusError)
    home = path.resolve().parent
    sources = tuple(
        source.model_copy(update={"paths": tuple(home / place for place in source.paths)})
        for source in recipe.sources
    )
    recipe = recipe.model_copy(
        update={
            "tokenizer": home / recipe.tokenizer,
            "output": home / recipe.output,
            "rules": None if recipe.rules is None else home / recipe.rules,
            "evaluation": tuple(home / place for place in recipe.evaluation),
            "sources": sources,
        }
    )
    needed = [*recipe.evaluation, *([recipe.rules] if recipe.rules else [])]
    needed += [recipe.tokenizer] if tokenizer else []
    needed += [place for source in sources for place in source.paths]
    for place in needed:
        if not place.exists():
            raise CorpusError(f"{path} names {place}, which does not exist")
    return recipe
