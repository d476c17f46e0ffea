"""What Một Cửa knows: procedures, their wording, and how they are found. Imports nothing of the other rooms."""
