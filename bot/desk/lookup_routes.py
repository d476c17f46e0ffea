"""The look-up tool under /desk/tra-cuu: one page, its files, and the pack it works with when there is no line."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from bot.channels.routes import Parts, open_to_all
from bot.desk import lookup_pack
from bot.desk.lookup_card import Tellers, card
from bot.desk.lookup_pack import PATH, Pack
from bot.dialogue.asker import Asker
from bot.dialogue.facts import source_text
from bot.dialogue.figures import amount, is_sure, limit_text
from bot.dialogue.sections import portal_url, tell
from bot.problems import Problem
from bot.services import Services
from knowledge import everyday
from knowledge.schema import Facet, Procedure
from knowledge.tariffs import tariffs

MEDIA_TYPES = {
    "index.html": "text/html",
    "lookup.css": "text/css",
    "lookup.js": "text/javascript",
    "cards.js": "text/javascript",
    "search.js": "text/javascript",
    "figures.js": "text/javascript",
    "sw.js": "text/javascript",
    "manifest.webmanifest": "application/manifest+json",
    "icon.svg": "image/svg+xml",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Service-Worker-Allowed": PATH,
    "Vary": "Accept-Encoding, Host",
    "X-Content-Type-Options": "nosniff",
}
MOST_PACKS = 4  # one per name the server is reached under, where no public address is set

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class File:
    media_type: str
    zipped: bytes
    tag: str


@router.get(PATH)
@router.get(f"{PATH}/")
def page(request: Request) -> Response:
    """Open to all: the tool itself; it holds nothing but public knowledge."""
    return _answer(request, _files()["index.html"])


@router.get(f"{PATH}/goi.json", dependencies=[Depends(open_to_all)])
async def pack(request: Request, parts: Parts) -> Response:
    """Open to all: the whole pack; 304 where the client has it already."""
    built = await asyncio.to_thread(_pack, request, parts)
    return _answer(request, File("application/json", built.body, built.version))


@router.get(f"{PATH}/the/{{code}}", dependencies=[Depends(open_to_all)])
def one_card(request: Request, parts: Parts, code: str) -> Response:
    """Open to all: the card of any procedure, also of one that is not in the pack."""
    found = parts.library.snapshot.catalogue.get(code)
    if found is None:
        raise Problem(404, "not_found_procedure", code=code[:40])
    body = card(found, tellers()) | {"qr": lookup_pack.qr(lookup_pack.address(_base(request, parts), found.code))}
    plain = json.dumps(body, ensure_ascii=False).encode()
    return _answer(request, File("application/json", gzip.compress(plain, mtime=0), hashlib.sha256(plain).hexdigest()))


@router.get(f"{PATH}/{{name}}")
def file(request: Request, name: str) -> Response:
    """Open to all: a file of the tool."""
    found = _files().get(name)
    if found is None:
        raise Problem(404, "not_found")
    return _answer(request, found)


def _answer(request: Request, file: File) -> Response:
    headers = HEADERS | {"ETag": f'"{file.tag}"'}
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if headers["ETag"] in known:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.zipped, media_type=file.media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(gzip.decompress(file.zipped), media_type=file.media_type, headers=headers)


@lru_cache(maxsize=1)
def _files() -> Mapping[str, File]:
    """The tool's files; the service worker carries the name of their content, so that a change replaces them all."""
    folder = resources.files("bot.desk").joinpath("lookup")
    bodies = {name: folder.joinpath(name).read_bytes() for name in MEDIA_TYPES}
    version = hashlib.sha256(b"".join(bodies.values())).hexdigest()[:16]
    bodies["sw.js"] = bodies["sw.js"].replace(b"__VERSION__", version.encode())
    return {
        name: File(MEDIA_TYPES[name], gzip.compress(body, mtime=0), hashlib.sha256(body).hexdigest()[:16])
        for name, body in bodies.items()
    }


# ---- the pack


def _pack(request: Request, parts: Services) -> Pack:
    return _built(_Knowledge(parts.library.snapshot.generation, request.app, parts), _base(request, parts))


@dataclass(frozen=True)
class _Knowledge:
    """What a pack is built from; the same generation of the same server is the same knowledge."""

    generation: str
    app: Any
    parts: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Knowledge) and (self.generation, id(self.app)) == (other.generation, id(other.app))

    def __hash__(self) -> int:
        return hash((self.generation, id(self.app)))


@lru_cache(maxsize=MOST_PACKS)
def _built(knowledge: _Knowledge, base: str) -> Pack:
    parts = knowledge.parts
    curated = [one for one in parts.library.snapshot.catalogue.values() if one.origin == "curated"]
    events = knowledge.app.state.advice.events.values()
    wording = everyday.load(parts.settings.data_dir)
    return lookup_pack.build(curated, events, tariffs(), wording, tellers(), base, parts.settings.hotline)


def _base(request: Request, parts: Services) -> str:
    return parts.settings.public_url or str(request.base_url).rstrip("/")


def tellers() -> Tellers:
    """The words of the conversation; what depends on the day is left to the reader's clock."""
    return Tellers(
        facet=lambda procedure, facet: tell(procedure, facet, Asker(procedure.checked_on)).text,
        papers=_papers,
        amount=amount,
        limit=limit_text,
        is_sure=is_sure,
        source=lambda procedure: source_text(procedure, procedure.checked_on),
        portal=portal_url,
    )


def _papers(procedure: Procedure) -> list[Mapping[str, Any]]:
    told = tell(procedure, Facet.documents, Asker(procedure.checked_on)).card
    return [item.model_dump(exclude_none=True) for item in told.items] if told else []
