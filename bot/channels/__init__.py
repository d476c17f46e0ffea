"""Doors to the citizen: web, Telegram; each renders the one channel-free Reply."""
