"""`motcua zalo`: the link with which an account's administrator lets us write in its name."""

from __future__ import annotations

import typer

from bot.commands.line import EXIT_BAD_SETTINGS, say, settings_or_exit

app = typer.Typer()


@app.command()
def zalo() -> None:
    """Print what Zalo's console wants to know, and the consent link for the account's administrator."""
    import asyncio

    import httpx

    from bot.channels.zalo_oauth import ZaloOAuth
    from bot.channels.zalo_routes import CALLBACK_PATH, WEBHOOK_PATH
    from bot.store import utc_now
    from bot.stories.messengers import account_of

    settings = settings_or_exit()
    missing = "ZALO_APP_ID" if not settings.is_zalo_on else settings.blank_zalo_secret
    if missing or not settings.public_url.startswith("https://"):
        say(f"{missing or 'PUBLIC_URL (https://…)'} is not set: see bot/channels/CAI_DAT.md")
        raise typer.Exit(EXIT_BAD_SETTINGS)

    async def link() -> str:
        account, callback = account_of(settings), f"{settings.public_url}{CALLBACK_PATH}"
        async with httpx.AsyncClient() as client:
            return ZaloOAuth(client, account.oauth_base, account.app).consent_url(callback, utc_now())

    challenge = account_of(settings).app.code_challenge
    typer.echo(f"webhook:        {settings.public_url}{WEBHOOK_PATH}")
    typer.echo(f"callback:       {settings.public_url}{CALLBACK_PATH}")
    typer.echo(f"code challenge: {challenge}")
    typer.echo(f"consent (for an hour): {asyncio.run(link())}")
