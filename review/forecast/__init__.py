"""What will probably become of the open clocks, and how far that may be trusted, from our own history. Pure."""
