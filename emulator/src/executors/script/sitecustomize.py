"""What Python runs before a script in a tank whose time stands still: the script's clock and chance are the tank's.

Processes that the script starts keep the machine's clock.
"""

import atexit
import os

NOW_MS, TIMEOUT_S, SEED = (os.environ.pop("WAVETANK_" + name, None) for name in ("NOW_MS", "TIMEOUT_S", "SEED"))


def tell_slept(path):
    with open(path, "w") as file:
        file.write(str(int(CLOCK.slept_s() * 1000)))


def stop(path):
    tell_slept(path)
    os._exit(1)


if NOW_MS is not None:
    from wavetank_chance import take_chance
    from wavetank_clock import CLOCK, take_time

    SLEPT = os.path.join(os.environ["HOME"], "slept_ms")
    CLOCK.begin(int(NOW_MS), float(TIMEOUT_S), lambda: stop(SLEPT))
    take_time()
    take_chance(SEED)
    atexit.register(tell_slept, SLEPT)
