"""The daemon's figures, for Prometheus."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from kgbuilder.report import BuildReport

#: Seconds, from a small text to a long wait for the database.
_SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600)


class Metrics:
    """Counters since the daemon started, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        PlatformCollector(registry)
        ProcessCollector(registry=registry)
        self.documents = Counter(
            "kgbuilder_documents", "Documents by outcome.", ["outcome"], registry=registry
        )
        self.facts = Counter(
            "kgbuilder_facts", "What was found in written documents.", ["kind"], registry=registry
        )
        self.characters = Counter(
            "kgbuilder_characters", "Characters of written documents.", registry=registry
        )
        self.chunks = Counter(
            "kgbuilder_chunks", "Chunks by where their answer was.", ["answer"], registry=registry
        )
        self.stage_seconds = Counter(
            "kgbuilder_stage_seconds", "Seconds at work.", ["stage"], registry=registry
        )
        self.batch_seconds = Histogram(
            "kgbuilder_batch_seconds", "Seconds a batch took.", registry=registry, buckets=_SECONDS
        )
        self.latency = Histogram(
            "kgbuilder_latency_seconds",
            "Seconds from when a change was seen until the graph had it.",
            registry=registry,
            buckets=_SECONDS,
        )
        self.files = Gauge(
            "kgbuilder_files",
            "Files by state: settling, failed (tried again later), dead (given up), held (gone,"
            " their documents kept).",
            ["state"],
            registry=registry,
        )
        self.errors = Counter("kgbuilder_errors", "Errors by kind.", ["kind"], registry=registry)
        self.store_up = Gauge(
            "kgbuilder_store_up", "Whether the store answered last time.", registry=registry
        )
        self.folders_up = Gauge(
            "kgbuilder_folders_up", "Watched folders that are there.", registry=registry
        )
        for outcome in ("written", "unchanged", "retracted", "failed"):
            self.documents.labels(outcome)
        for kind in ("read", "store", "journal"):
            self.errors.labels(kind)

    def add(self, report: BuildReport) -> None:
        """Count what a batch did."""
        self.documents.labels("written").inc(report.written)
        self.documents.labels("unchanged").inc(report.unchanged)
        self.documents.labels("retracted").inc(report.retracted)
        self.documents.labels("failed").inc(report.failed)
        self.facts.labels("mention").inc(report.mentions)
        self.facts.labels("relation").inc(report.relations)
        self.facts.labels("event").inc(report.events)
        self.characters.inc(report.characters)
        self.stage_seconds.labels("read").inc(report.read_seconds)
        self.stage_seconds.labels("extract").inc(report.extract_seconds)
        self.stage_seconds.labels("write").inc(report.write_seconds)
        self.batch_seconds.observe(report.seconds)
