"""Hands dossiers over to the agency's one-stop system, follows them there, and answers how far they are."""
