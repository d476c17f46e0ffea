"""The door to a citizen's own dossiers, for the holder of the conversation's token."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from bot.channels.routes import Holder
from bot.submission.my_dossiers import MyDossiers


def create_router(mine: MyDossiers) -> APIRouter:
    router = APIRouter(prefix="/api/v1")

    @router.get("/conversations/{conversation_id}/dossiers")
    async def dossiers(conversation: Holder) -> dict[str, Any]:
        """Drafts, dossiers under way and finished ones, the one changed last first."""
        return {"dossiers": [one.model_dump(mode="json") for one in await mine.of(conversation.id)]}

    return router
