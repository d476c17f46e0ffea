"""Records from outside, brought to our schema: the catalogue's JSON Lines and the portal API's JSON."""
