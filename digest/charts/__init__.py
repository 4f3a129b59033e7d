"""Charts: numbers in, SVG with words and a table out; pure, and of the standard library only."""
