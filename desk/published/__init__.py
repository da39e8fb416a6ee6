"""The JSON of what the desk knows, which other programs rely on: one place for the commands' `--json` and the API."""
