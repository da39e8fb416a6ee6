"""Submissions as forms and tables have them: one flat list of fields, the same for both."""
