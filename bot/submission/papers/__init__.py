"""Papers from the phone: opened safely, made legible, bound into one file, and what is known already offered again."""
