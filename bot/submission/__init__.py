"""Filing a dossier: what the citizen hands in."""
