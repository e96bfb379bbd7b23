"""How the console writes dates: a story is told to the second, and by a clock of 24 hours."""

DATETIME_FORMAT = "j M Y H:i:s"
DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i:s"
