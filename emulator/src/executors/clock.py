"""Tank time in a process whose tank's time stands still.

What the code reads of the clock is the tank's: `time.time`, `datetime.now`, `date.today` and their like. A sleep costs tank time, and
nobody waits. Modules that speak to the outside keep the machine's clock: signatures, certificates and sockets are of this machine.
So does what `asyncio` waits for; it waits for real only while a socket or a thread may still wake it.
Left out: waits for locks, which are real; clocks that compiled libraries read themselves (`pandas.Timestamp.now`).
"""

import datetime as dt
import selectors
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
        # By thread, in seconds: since the event began, and before.
        self.slept, self.before = {}, {}

    def begin(self, now_ms, limit, over):
        """An event, or a script, begins. Sleeps of `limit` seconds call `over`, and never come back."""
        self.now_ns, self.limit, self.over = now_ms * 1_000_000, limit, over
        for thread, seconds in self.slept.items():
            self.before[thread] = self.before.get(thread, 0.0) + seconds
        self.slept = {}

    def slept_s(self):
        """As long as the thread that has slept longest: threads sleep side by side."""
        return max(self.slept.values(), default=0.0)

    def own_s(self):
        return self.slept.get(threading.get_ident(), 0.0)

    def all_s(self):
        """All sleep of the thread, for clocks that never go back."""
        return self.before.get(threading.get_ident(), 0.0) + self.own_s()

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


def caller():
    """The module that has called who calls this."""
    return str(sys._getframe(2).f_globals.get("__name__"))


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


def monotonic():
    # An event loop's clock moves by its timers alone, so that what a timer costs is what it was set to.
    return CLOCK.all_s() if caller() == LOOP else REAL["monotonic"]() + CLOCK.all_s()


LOOP = "asyncio.base_events"
REAL_SELECT = selectors.DefaultSelector.select


def select(self, timeout=None):
    """What an event loop waits for. A timer costs tank time, and nobody waits for it if nothing else can come before."""
    if timeout is None or timeout <= 0 or caller() != LOOP:
        return REAL_SELECT(self, timeout)
    # The loop's own pipe is always there: by it, a thread may wake the loop.
    is_alone = len(self.get_map()) <= 1 and threading.active_count() == 1
    ready = REAL_SELECT(self, 0 if is_alone else timeout)
    if not ready:
        CLOCK.sleep(timeout)
    return ready


def take_time():
    """Puts the tank's time in the place of the machine's."""
    for replaced in (date, datetime):
        replaced.__module__ = "datetime"
        setattr(dt, replaced.__name__, replaced)
    time.time, time.time_ns, time.sleep = seconds, nanoseconds, CLOCK.sleep
    time.monotonic = monotonic
    time.perf_counter = lambda: REAL["perf_counter"]() + CLOCK.all_s()
    selectors.DefaultSelector.select = select
    time.gmtime = lambda secs=None: REAL_GMTIME(at(secs))
    time.localtime = lambda secs=None: REAL_LOCALTIME(at(secs))
    time.ctime = lambda secs=None: REAL_CTIME(at(secs))
    time.strftime = lambda form, t=None: REAL_STRFTIME(form, REAL_LOCALTIME(at(None)) if t is None else t)
