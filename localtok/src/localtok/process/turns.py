"""How long one of Python's threads may keep the others waiting."""

import sys

# Composing one picture of eight people asks for the interpreter some forty times, each time behind whoever
# has it, for up to Python's usual 5 ms.
TURN_S = 0.0005


def take_short_turns() -> None:
    sys.setswitchinterval(TURN_S)
