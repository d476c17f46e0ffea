"""Runs Rasa's graph one node after another, in an order worked out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner

Order = Sequence[tuple[str, Sequence[str]]]  # node, and what it needs


class OrderedRunner(DaskGraphRunner):
    """Rasa's own runner lets Dask plan anew on every call; here the graph never changes."""

    def __init__(self, *parts: Any, **named: Any) -> None:
        super().__init__(*parts, **named)
        self._orders: dict[tuple[str, ...], Order] = {}

    def run(self, inputs: Mapping[str, Any] | None = None, targets: Sequence[str] | None = None) -> dict[str, Any]:
        """The output of each target. Raises GraphRunError when an input is missing."""
        wanted = tuple(targets or self._graph_schema.target_names)
        if wanted not in self._orders:
            self._orders[wanted] = self._order(wanted)
        found = {name: (name, value) for name, value in (inputs or {}).items()}
        for node, needs in self._orders[wanted]:
            missing = [need for need in needs if need not in found]
            if missing:
                raise GraphRunError(f"node {node} needs {', '.join(missing)}")
            found[node] = self._instantiated_nodes[node](*(found[need] for need in needs))
        return dict(found[target] for target in wanted)

    def _order(self, targets: tuple[str, ...]) -> Order:
        nodes = self._graph_schema.minimal_graph_schema(list(targets)).nodes
        needs = {name: tuple(node.needs.values()) for name, node in nodes.items()}
        return [(name, needs[name]) for name in TopologicalSorter(needs).static_order() if name in needs]
