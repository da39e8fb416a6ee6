"""A draft of the rules, tried on everything that is stored: who would fail what, and what would follow. Reads alone."""
