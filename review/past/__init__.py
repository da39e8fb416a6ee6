"""How things stood at an instant of the past, from the events and from the rows that keep their from and to."""
