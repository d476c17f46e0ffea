"""What `motcua doctor` looks at in the province's sign-in: its document, its keys, and what we need of both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx

from bot.desk.oidc import ALGORITHMS, RETURN_PATH, Away, Client, Provider
from bot.wording import say


async def examine(client: Client, clock: Callable[[], datetime]) -> tuple[str, list[str]]:
    """Where helpers come back to, and a Vietnamese sentence for each thing that is wrong."""
    async with httpx.AsyncClient(follow_redirects=False) as http:
        provider = Provider(client, http, clock)
        try:
            document = await provider.document()
        except Away as away:
            return RETURN_PATH, [say("oidc.doctor.document", address=client.discovery, reason=away)]
        troubles = []
        if "S256" not in (document.code_challenge_methods_supported or ["S256"]):
            troubles.append(say("oidc.doctor.pkce"))
        if set(ALGORITHMS).isdisjoint(document.id_token_signing_alg_values_supported or ALGORITHMS):
            troubles.append(say("oidc.doctor.algorithms"))
        try:
            await provider.keys()
        except Away:
            troubles.append(say("oidc.doctor.keys", address=document.jwks_uri))
        return client.redirect_uri, troubles
