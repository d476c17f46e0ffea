"""The look-up tool alone, on the curated procedures: no models, no database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from fastapi import APIRouter, FastAPI

from bot import problems
from bot.desk.lookup_routes import router
from bot.ratelimit import RateLimiter
from bot.settings import Settings
from knowledge import advice
from knowledge.catalogue import Catalogue, load_curated
from knowledge.library import Library, Snapshot


@dataclass
class LookupServer:
    app: FastAPI
    library: Library
    searched: list[str]

    def publish(self, generation: str, procedures: list) -> None:
        """A newer index has been taken over."""
        self.library.snapshot = Snapshot(generation, Catalogue(procedures), searcher=None)


def lookup_server(data_dir: Path, per_minute: int = 100_000, public_url: str = "") -> LookupServer:
    app = FastAPI()
    problems.install(app)
    library = Library(data_dir, Snapshot("first", Catalogue(load_curated()), searcher=None))
    settings = Settings(_env_file=None, env="test", data_dir=data_dir, public_url=public_url)
    app.state.services = SimpleNamespace(library=library, settings=settings, limiter=RateLimiter(per_minute))
    app.state.advice = advice.load()
    searched: list[str] = []
    server = APIRouter()

    @server.get("/api/v1/procedures/search")
    def search(q: str = "") -> dict:
        searched.append(q)
        return {"results": [{"code": "1.001193", "name": "Thủ tục đăng ký khai sinh"}]}

    app.include_router(server)
    app.include_router(router)
    return LookupServer(app, library, searched)
