"""How scores become facts: the thresholds and limits of a model, kept beside its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from model.span.calibration import Curve

DECODING_FILE = "decoding.json"
DECODING_VERSION = 5  # raise it when decoding changes what comes out


@dataclass(frozen=True)
class Decoding:
    """Thresholds and limits, kept beside the weights in ``decoding.json``.

    ``window`` and ``overlap`` count tokens of a window. ``calibration`` has slope and intercept of
    each layer's curve from score to confidence; thresholds are of scores. With ``pronouns``,
    pronouns become mentions of the entity that they refer to, which names facts that names alone do
    not; data sets that annotate names alone count them as errors, so it is off unless asked for. Of
    several fillers of a role, those stay whose score is at least ``several`` of the best one's. Of
    several types of a span, one below the best in the hierarchy wins if its score is at least
    ``specific`` of it, or ``inferred`` where names alone tell the hierarchy. ``support`` says how
    much the relations that a type admits speak for it, where a span could have several types. A
    relation stays whose score is at least ``pair_share`` of the best one's of the same pair, and
    ``tail_share`` and ``head_share`` of the same relation's best from its head and to its tail. The
    start or end of a mention or trigger counts ``cut`` of its score where it cuts a Chinese word.
    """

    pronouns: bool = False

    entity: float = 0.5
    trigger: float = 0.5
    argument: float = 0.4
    relation: float = 0.4
    role: float = 0.4
    coreference: float = 0.5
    nested: float = 0.6
    several: float = 0.8
    specific: float = 0.5
    inferred: float = 0.9
    support: float = 1.0
    pair_share: float = 0.8
    tail_share: float = 0.7
    head_share: float = 0.4
    cut: float = 0.3
    calibration: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    longest_span: int = 64
    window: int = 160
    overlap: int = 40

    @classmethod
    def load(cls, path: Path) -> Decoding:
        values = json.loads(path.read_text("utf-8"))
        return cls(**{f.name: values[f.name] for f in fields(cls) if f.name in values})

    def curve(self, layer: str) -> Curve:
        """How scores of ``layer`` become confidence (``model.span.calibration``)."""
        return Curve(*self.calibration.get(layer, ()))

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", "utf-8")
