"""The local entities that canonical ones are made of, as their documents' graphs have them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from graph.rdf.endpoint import Endpoint, iri_of, solutions, text_of
from graph.rdf.layout import Layout
from graph.rdf.lines import optional
from graph.resolution import Member
from model.ontology.vocabulary import PREFIXES

_KGB, _RDFS = PREFIXES["kgb"], PREFIXES["rdfs"]


def stored_members(
    endpoint: Endpoint, layout: Layout, entity_ids: Collection[str] | None = None
) -> Iterator[tuple[str, Member]]:
    """The members of some entities, or all there are, each with its entity's id; in any order."""
    which = ""
    if entity_ids is not None:
        which = f"VALUES ?e {{ {' '.join(map(layout.entity, entity_ids))} }} "
    for row in solutions(
        endpoint,
        f"SELECT ?e ?l ?type ?name ?names ?keys ?datatype ?value {{ {which}"
        f"GRAPH ?g {{ ?l <{_KGB}resolvedTo> ?e ; <{_KGB}typeName> ?type ; "
        f"<{_RDFS}label> ?name ; <{_KGB}names> ?names ; <{_KGB}keys> ?keys }} "
        + optional("?g", f"?l <{_KGB}datatype> ?datatype", f"?l <{_KGB}value> ?value")
        + " }",
    ):
        document_id, local = layout.parts(iri_of(row["l"]), "local")
        member = Member(
            document_id=document_id,
            local=local,
            type=text_of(row["type"]),
            name=text_of(row["name"]),
            names=tuple(json.loads(text_of(row["names"]))),
            keys=tuple(json.loads(text_of(row["keys"]))),
            datatype=text_of(row["datatype"]) if "datatype" in row else None,
            value=text_of(row["value"]) if "value" in row else None,
        )
        yield layout.parts(iri_of(row["e"]), "entity")[0], member
