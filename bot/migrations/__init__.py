"""How the tables came to be, one numbered step per change; run by the program itself at start."""
