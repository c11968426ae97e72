"""Tank time in a process whose tank's time stands still.

What the code reads of the clock is the tank's: `time.time`, `datetime.now`, `date.today` and their like. A sleep costs tank time, and
nobody waits. Modules that speak to the outside keep the machine's clock: signatures, certificates and sockets are of this machine.
Left out: `asyncio.sleep` and waits for locks, which are real; clocks that compiled libraries read themselves (`pandas.Timestamp.now`).
"""

import datetime as dt
import sys
import threading
import time

REAL_DATE, REAL_DATETIME = dt.date, dt.datetime
REAL = {name: getattr(time, name) for name in ("time", "time_ns", "sleep", "monotonic", "perf_counter")}
REAL_GMTIME, REAL_LOCALTIME, REAL_CTIME, REAL_STRFTIME = time.gmtime, time.localtime, time.ctime, time.strftime
# By the first part of their names.
OUTSIDE = {"asyncio", "botocore", "concurrent", "email", "http", "logging", "s3transfer", "selectors", "ssl", "threading", "urllib3"}


class Clock:
    """The tank's instant, and how long the code has slept since."""

    def __init__(self):
        self.now_ns = 0
        self.limit = None
        self.over = None
        self.slept = {}

    def begin(self, now_ms, limit, over):
        """An event, or a script, begins. Sleeps of `limit` seconds call `over`, and never come back."""
        self.now_ns, self.limit, self.over = now_ms * 1_000_000, limit, over
        self.slept = {}

    def slept_s(self):
        """As long as the thread that has slept longest: threads sleep side by side."""
        return max(self.slept.values(), default=0.0)

    def own_s(self):
        return self.slept.get(threading.get_ident(), 0.0)

    def time_ns(self):
        return self.now_ns + int(self.own_s() * 1e9)

    def sleep(self, seconds):
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        thread = threading.get_ident()
        self.slept[thread] = self.slept.get(thread, 0.0) + float(seconds)
        if self.limit is not None and self.slept_s() >= self.limit:
            self.over()
            while True:
                REAL["sleep"](3_600)


CLOCK = Clock()


def is_outside():
    """Whether the caller of our caller speaks to the outside."""
    return str(sys._getframe(2).f_globals.get("__name__")).split(".")[0] in OUTSIDE


class Like(type):
    """Dates that others have made are such dates, too."""

    def __instancecheck__(cls, it):
        return isinstance(it, cls._real) if "_real" in cls.__dict__ else type.__instancecheck__(cls, it)

    def __subclasscheck__(cls, other):
        return issubclass(other, cls._real) if "_real" in cls.__dict__ else type.__subclasscheck__(cls, other)


def shown(it, own, real):
    """With the module, as the real ones are shown."""
    text = real.__repr__(it)
    return "datetime." + text if type(it) is own else text


class date(REAL_DATE, metaclass=Like):
    _real = REAL_DATE

    def __repr__(self):
        return shown(self, date, REAL_DATE)

    @classmethod
    def today(cls):
        if is_outside():
            return REAL_DATE.today()
        return cls.fromtimestamp(CLOCK.time_ns() / 1e9)


class datetime(REAL_DATETIME, metaclass=Like):
    _real = REAL_DATETIME

    def __repr__(self):
        return shown(self, datetime, REAL_DATETIME)

    @classmethod
    def now(cls, tz=None):
        if is_outside():
            return REAL_DATETIME.now(tz)
        return cls.fromtimestamp(CLOCK.time_ns() / 1e9, tz)

    @classmethod
    def utcnow(cls):
        if is_outside():
            return REAL_DATETIME.now(dt.timezone.utc).replace(tzinfo=None)
        return cls.fromtimestamp(CLOCK.time_ns() / 1e9, dt.timezone.utc).replace(tzinfo=None)

    @classmethod
    def today(cls):
        if is_outside():
            return REAL_DATETIME.today()
        return cls.fromtimestamp(CLOCK.time_ns() / 1e9)


def seconds():
    return REAL["time"]() if is_outside() else CLOCK.time_ns() / 1e9


def nanoseconds():
    return REAL["time_ns"]() if is_outside() else CLOCK.time_ns()


def at(given):
    """The instant that a function of `time` is asked about."""
    return CLOCK.time_ns() / 1e9 if given is None else given


def take_time():
    """Puts the tank's time in the place of the machine's."""
    for replaced in (date, datetime):
        replaced.__module__ = "datetime"
        setattr(dt, replaced.__name__, replaced)
    time.time, time.time_ns, time.sleep = seconds, nanoseconds, CLOCK.sleep
    time.monotonic = lambda: REAL["monotonic"]() + CLOCK.own_s()
    time.perf_counter = lambda: REAL["perf_counter"]() + CLOCK.own_s()
    time.gmtime = lambda secs=None: REAL_GMTIME(at(secs))
    time.localtime = lambda secs=None: REAL_LOCALTIME(at(secs))
    time.ctime = lambda secs=None: REAL_CTIME(at(secs))
    time.strftime = lambda form, t=None: REAL_STRFTIME(form, REAL_LOCALTIME(at(None)) if t is None else t)
