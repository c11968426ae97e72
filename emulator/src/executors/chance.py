"""Chance in a process whose tank's time stands still: what the code draws is decided by the tank's seed, so that a run replays.

That is `random`, `os.urandom` and what draws from them: `uuid.uuid4`, `secrets`, the jitter of a client's back-off, NumPy's generators.
The order of sets is `PYTHONHASHSEED`'s, which the tank sets too.
Left out: what compiled libraries draw themselves (`ssl`), `uuid.uuid1`, and `random.seed()` without a seed.
"""

import os
import random

DRAWS = random.Random()


def urandom(size):
    return DRAWS.getrandbits(size * 8).to_bytes(size, "little") if size else b""


def take_chance(seed):
    """Puts the tank's chance in the place of the machine's. `seed` is a text that no other process of the tank has."""
    random.seed("random " + seed)
    DRAWS.seed("urandom " + seed)
    os.urandom = urandom
    # What `random.SystemRandom` has taken when it was imported.
    random._urandom = urandom
