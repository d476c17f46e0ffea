"""One citizen across channels: conversations that belong together."""
