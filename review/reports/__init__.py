"""What the tables say when they are counted: promises kept, what still holds, who is stuck in Public Beta.

Each module asks a fixed number of queries or one per row it shows, and computes the rest; nothing is written.
"""
