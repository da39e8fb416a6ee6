"""Events in plain words, by what they happen to."""
