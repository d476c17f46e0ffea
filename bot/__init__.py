"""The gateway: people, dossiers, money, helpers."""
