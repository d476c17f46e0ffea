"""What plain keyword search would find: BM25 over names, papers and steps, and SQLite's full-text search on names."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import numpy as np

from knowledge import lexical
from knowledge.schema import Procedure
from knowledge.text import fold, tokens

FOUND = 10


class PlainBm25:
    """Folded syllables and pairs; the name counts three times. None of our everyday wording."""

    title = "BM25, folded, with bigrams"

    def __init__(self, procedures: Mapping[str, Procedure]) -> None:
        self._codes = list(procedures)
        documents = [self._terms(procedure) for procedure in procedures.values()]
        self._vocabulary = lexical.learn_vocabulary(documents, [])
        self._matrix = lexical.bm25(self._vocabulary, documents)

    def _terms(self, procedure: Procedure) -> list[int]:
        papers = " ".join(document.name for document in procedure.documents)
        terms = lexical.terms(procedure.name, expand=False) * 3
        return terms + lexical.terms(f"{papers} {' '.join(procedure.official_steps)}", expand=False)

    def search(self, text: str) -> list[str]:
        wanted = lexical.query_terms(self._vocabulary, lexical.terms(text, expand=False))
        scores = lexical.score(self._matrix, wanted.places)
        best = np.argsort(-scores, kind="stable")[:FOUND]
        return [self._codes[place] for place in best if scores[place] > 0]


class SqliteSearch:
    """FTS5 with its own BM25 over names, without diacritics; any word may match."""

    title = "SQLite FTS5 on names"

    def __init__(self, procedures: Mapping[str, Procedure]) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute("create virtual table names using fts5(code unindexed, name)")
        rows = [(code, fold(procedure.name)) for code, procedure in procedures.items()]
        self._database.executemany("insert into names values (?, ?)", rows)

    def search(self, text: str) -> list[str]:
        words = sorted(set(tokens(fold(text))))
        if not words:
            return []
        asked = " OR ".join(f'"{word}"' for word in words)
        statement = "select code from names where names match ? order by bm25(names) limit ?"
        return [code for (code,) in self._database.execute(statement, (asked, FOUND))]
