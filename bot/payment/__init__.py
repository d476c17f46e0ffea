"""Money: what a dossier costs is asked, paid once, always recorded, and given back when it was too much."""
