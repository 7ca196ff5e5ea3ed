"""What the person at the terminal sees while the stack starts."""

import time


class Progress:
    """Prints each step with the seconds since the beginning."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._began = time.monotonic()

    def step(self, text: str) -> None:
        if not self._quiet:
            print(f"{time.monotonic() - self._began:6.1f} s  {text}", flush=True)
