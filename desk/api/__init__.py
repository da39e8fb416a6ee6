"""The desk for other programs: JSON in and out, bearer tokens, problem details, all of it told in OpenAPI."""
