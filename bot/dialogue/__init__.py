"""The conversation: who answers this turn, and what is said."""
