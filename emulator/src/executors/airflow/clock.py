"""Tank time, the talk with the tank, and the log of the task that runs now: what both releases of Airflow need.

While a run goes on, `{"sleep": seconds}` asks the tank to let that much time pass, and the answer says what time it is there.
"""

import asyncio
import calendar
import datetime as dt
import io
import json
import logging
import os
import sys
import threading
import time

# What a DAG file prints must not get between us and the tank.
OUT = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
os.dup2(2, 1)

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
MICRO = dt.timedelta(microseconds=1)
# Least tank time that a wait costs, so that none is for ever.
SLEEP_MIN = 0.01
# Lines of one task's log.
LINES_MAX = 20_000
REAL_SLEEP = time.sleep
REAL_MONOTONIC = time.monotonic


class Clock:
    """Tank time. It stands still between the waits of a run."""

    def __init__(self):
        self.now = EPOCH
        self.slept = 0.0
        self.running = False
        self.deadline = None

    def utcnow(self):
        return self.now

    def sleep(self, seconds):
        if not self.running or threading.current_thread() is not threading.main_thread():
            return REAL_SLEEP(seconds)
        seconds = max(float(seconds), SLEEP_MIN)
        tell({"sleep": seconds})
        answer = hear()
        self.now = at(answer["now"])
        self.slept += seconds
        if self.deadline is not None and self.now > self.deadline:
            self.deadline = None
            raise TimeoutError("the run took longer than its timeout")

    def monotonic(self):
        return REAL_MONOTONIC() + self.slept


CLOCK = Clock()


def tell(message):
    OUT.write(json.dumps(message, default=str) + "\n")
    OUT.flush()


def hear():
    line = sys.stdin.readline()
    if not line:
        os._exit(0)
    return json.loads(line)


def micros(when):
    return None if when is None else calendar.timegm(when.utctimetuple()) * 1_000_000 + when.microsecond


def at(value):
    return None if value is None else EPOCH + value * MICRO


async def quiet_sleep(seconds, result=None):
    if not CLOCK.running or seconds <= 0 or threading.current_thread() is not threading.main_thread():
        return await REAL_ASYNC_SLEEP(seconds, result)
    CLOCK.sleep(seconds)
    await REAL_ASYNC_SLEEP(0)
    return result


REAL_ASYNC_SLEEP = asyncio.sleep


def take_time():
    """Puts tank time in the place of the machine's where Airflow and what it calls would wait."""
    time.sleep = CLOCK.sleep
    time.monotonic = CLOCK.monotonic
    asyncio.sleep = quiet_sleep


def take_now(real, source):
    """Puts tank time in the place of `source.utcnow`, and of what modules of Airflow have taken of it."""
    source.utcnow = CLOCK.utcnow
    for module in list(sys.modules.values()):
        # Not by attribute: a module of Airflow 3 warns of names that have moved.
        names = getattr(module, "__dict__", {})
        if str(names.get("__name__")).startswith("airflow") and names.get("utcnow") is real:
            names["utcnow"] = CLOCK.utcnow


class Lines(logging.Handler):
    """The log of the task that runs now."""

    def __init__(self):
        super().__init__()
        self.lines = []
        self.setFormatter(logging.Formatter("{%(filename)s:%(lineno)d} %(levelname)s - %(message)s"))

    def emit(self, record):
        if not CLOCK.running:
            print(self.format(record), file=sys.stderr)
            return
        if len(self.lines) >= LINES_MAX or threading.current_thread() is not threading.main_thread():
            return
        # How a run is carried out here is nothing of the task's.
        if record.name == "airflow.models.dag" or str(record.msg).startswith(("::", "[DAG TEST]")):
            return
        try:
            text = self.format(record)
        except Exception:
            text = str(record.msg)
        self.lines.append([micros(CLOCK.now), text])

    def take(self):
        lines, self.lines = self.lines, []
        return lines


LINES = Lines()


class Printed(io.TextIOBase):
    """What a task prints becomes lines of its log."""

    def __init__(self):
        super().__init__()
        self.rest = ""

    def write(self, text):
        *whole, self.rest = (self.rest + text).split("\n")
        for line in whole:
            self.keep(line)
        return len(text)

    def keep(self, line):
        if line.strip() and len(LINES.lines) < LINES_MAX:
            LINES.lines.append([micros(CLOCK.now), line])

    def end(self):
        self.keep(self.rest)
        self.rest = ""
