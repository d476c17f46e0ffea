"""The helpers' desk: their look-up tool, and the pages on which they take cases and talk with citizens."""
