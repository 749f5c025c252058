"""From a glass image to glyphs, to text, to a reading; pure."""
