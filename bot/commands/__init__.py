"""The groups of commands that `motcua` offers, one file each; `bot/cli.py` puts them together."""
