"""The writers of neo4j-graphrag and LangChain, for ``store_write.py --peers``.

    python store_write_peers.py neo4j-graphrag|langchain bolt://localhost:7687 records.json

Runs in an environment of its own. Says that it is ready, waits for a line, writes, says that it is
done, and then how many seconds of processor time the writing took.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")
GROUP = 64
USER = os.environ.get("KGBUILDER_NEO4J_USER", "neo4j")
PASSWORD = os.environ["KGBUILDER_NEO4J_PASSWORD"]


def graphrag(url: str, records: list[dict[str, Any]]) -> Callable[[], None]:
    """64 documents a call of the writer, which by itself takes one document at a time."""
    import neo4j
    from neo4j_graphrag.experimental.components.kg_writer import Neo4jWriter
    from neo4j_graphrag.experimental.components.types import (
        Neo4jGraph,
        Neo4jNode,
        Neo4jRelationship,
    )

    graphs = []
    for start in range(0, len(records), GROUP):
        nodes, relationships = [], []

        def relate(
            a: str, kind: str, b: str, found: list[Any] = relationships, **more: Any
        ) -> None:
            found.append(
                Neo4jRelationship(start_node_id=a, end_node_id=b, type=kind, properties=more)
            )

        for record in records[start : start + GROUP]:
            own = record["id"]
            nodes.append(Neo4jNode(id=own, label="Document", properties={"path": own}))
            for chunk in record["chunks"]:
                properties = {"text": chunk["text"], "index": chunk["index"]}
                nodes.append(Neo4jNode(id=chunk["id"], label="Chunk", properties=properties))
                relate(chunk["id"], "FROM_DOCUMENT", own)
            for entity in record["entities"]:
                id = f"{own}:{entity['id']}"
                properties = {"name": entity["name"]}
                nodes.append(Neo4jNode(id=id, label=entity["type"], properties=properties))
                for chunk in entity["chunks"]:
                    relate(id, "FROM_CHUNK", f"{own}#{chunk}")
            for head, kind, tail, confidence in record["relations"]:
                relate(f"{own}:{head}", kind, f"{own}:{tail}", confidence=confidence)
            for number, event in enumerate(record["events"]):
                id = f"{own}:v{number}"
                properties = {"trigger": event["trigger"]}
                nodes.append(Neo4jNode(id=id, label=event["type"], properties=properties))
                relate(id, "FROM_CHUNK", f"{own}#{event['chunk']}")
                for role, local in event["arguments"]:
                    relate(id, role, f"{own}:{local}")
        graphs.append(Neo4jGraph(nodes=nodes, relationships=relationships))
    writer = Neo4jWriter(neo4j.GraphDatabase.driver(url, auth=(USER, PASSWORD)))

    def write() -> None:
        for graph in graphs:
            result = asyncio.run(writer.run(graph))
            assert result.status == "SUCCESS", result

    return write


def langchain(url: str, records: list[dict[str, Any]]) -> Callable[[], None]:
    """A graph document with its source for each; nodes of one name are merged."""
    from langchain_core.documents import Document
    from langchain_neo4j import Neo4jGraph
    from langchain_neo4j.graphs.graph_document import GraphDocument, Node, Relationship

    documents = []
    for record in records:
        own = record["id"]
        nodes = {e["id"]: Node(id=e["name"], type=e["type"]) for e in record["entities"]}
        relationships = [
            Relationship(
                source=nodes[head], target=nodes[tail], type=kind, properties={"confidence": score}
            )
            for head, kind, tail, score in record["relations"]
        ]
        events = []
        for number, event in enumerate(record["events"]):
            node = Node(
                id=f"{own}:v{number}", type=event["type"], properties={"trigger": event["trigger"]}
            )
            events.append(node)
            relationships += [
                Relationship(source=node, target=nodes[local], type=role)
                for role, local in event["arguments"]
            ]
        documents.append(
            GraphDocument(
                nodes=[*nodes.values(), *events],
                relationships=relationships,
                source=Document(page_content=record["text"], metadata={"id": own}),
            )
        )
    graph = Neo4jGraph(url=url, username=USER, password=PASSWORD, refresh_schema=False)
    return lambda: graph.add_graph_documents(documents, include_source=True, baseEntityLabel=True)


def main() -> None:
    name, url, path = sys.argv[1:]
    records = json.loads(Path(path).read_text(encoding="utf-8"))
    write = {"neo4j-graphrag": graphrag, "langchain": langchain}[name](url, records)
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.process_time()
    write()
    took = time.process_time() - began
    print("done", flush=True)
    print(took, flush=True)


if __name__ == "__main__":
    main()
