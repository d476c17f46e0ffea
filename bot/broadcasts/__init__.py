"""News for everybody of a ward: told once, never at night, and only to those who want it."""
