"""The checks of the review over a submission that nobody has sent yet: one core for the command and the API."""
