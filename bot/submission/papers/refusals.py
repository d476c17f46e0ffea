"""Why a file is not taken: a sentence that says what to do, and the status for a client."""

from __future__ import annotations

from bot.wording import say

STATUS = {
    "file_too_large": 413,
    "file_type": 415,
    "file_too_many": 409,
    "busy": 503,
    "unscanned": 503,
    "unfetched": 503,
}
UNPROCESSABLE = 422


class RefusedFile(Exception):
    """`key` names its sentence under `papers.refused`, `status` is for HTTP, `limit` the figure to name."""

    def __init__(self, key: str, limit: int | None = None) -> None:
        super().__init__(key)
        self.key, self.limit = key, limit
        self.status = STATUS.get(key, UNPROCESSABLE)

    @property
    def sentence(self) -> str:
        limit = self.limit or 0
        return say(f"papers.refused.{self.key}", limit=limit, megabytes=limit // 1_000_000)
