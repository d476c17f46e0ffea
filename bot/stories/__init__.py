"""Stories that cross rooms: what each room does for the others, put together for the server."""
