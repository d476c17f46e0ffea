"""The pages of life events and guides alone: our own texts and procedures, no models, no store."""

from __future__ import annotations

from types import SimpleNamespace

from fastapi import FastAPI

from bot import problems
from bot.channels import life_routes
from bot.ratelimit import RateLimiter
from bot.settings import Settings
from knowledge.advice import Advice
from knowledge.catalogue import Catalogue, load_curated


def life_app(advice: Advice, most_per_minute: int = 100_000) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    app.include_router(life_routes.router)
    app.state.advice = advice
    app.state.services = SimpleNamespace(
        settings=Settings(_env_file=None, env="test"),
        limiter=RateLimiter(most_per_minute),
        library=SimpleNamespace(snapshot=SimpleNamespace(catalogue=Catalogue(load_curated()))),
    )
    return app
