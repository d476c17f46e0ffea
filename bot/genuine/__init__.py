"""Is this message genuine: codes of our own notices, and what tells a fraud."""
