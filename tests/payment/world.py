"""Payments over a real store and the sandbox platforms: the same world as the storm's."""

from bot.evaluation.payment_world import (
    ALL,
    BASE,
    DOSSIER,
    LINES,
    SANDBOX,
    TOTAL,
    World,
    browser,
    opened,
)

__all__ = ["ALL", "BASE", "DOSSIER", "LINES", "SANDBOX", "TOTAL", "World", "browser", "opened"]
