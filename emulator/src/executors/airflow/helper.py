"""What runs inside Airflow's own Python: reads the DAG folder, asks the timetables, runs one DAG run at a time.

One JSON object a line each way, on the pipes that were stdin and stdout. While a run goes on, `{"sleep": seconds}` asks
the tank to let that much time pass, and the answer says what time it is there. Everything that Airflow decides (what is a
DAG, when its intervals are, which task may run, whether one is tried again) is decided by Airflow.

Left out: executors and queues (tasks of one run come one after the other), pools, dataset schedules.
"""

import asyncio
import calendar
import datetime as dt
import io
import json
import logging
import os
import re
import sys
import time
import traceback

# What a DAG file prints must not get between us and the tank.
OUT = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
os.dup2(2, 1)

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
MICRO = dt.timedelta(microseconds=1)
# Of tank time: from the decision that a task may run to its start.
TASK_SECONDS = 2
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
        if not self.running:
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
    if not CLOCK.running or seconds <= 0:
        return await REAL_ASYNC_SLEEP(seconds, result)
    CLOCK.sleep(seconds)
    await REAL_ASYNC_SLEEP(0)
    return result


REAL_ASYNC_SLEEP = asyncio.sleep


def take_time():
    """Puts tank time in the place of the machine's where Airflow and what it calls would wait or look at the clock."""
    time.sleep = CLOCK.sleep
    time.monotonic = CLOCK.monotonic
    asyncio.sleep = quiet_sleep
    from airflow.utils import timezone

    real = timezone.utcnow
    timezone.utcnow = CLOCK.utcnow
    for module in list(sys.modules.values()):
        if module and getattr(module, "__name__", "").startswith("airflow") and getattr(module, "utcnow", None) is real:
            module.utcnow = CLOCK.utcnow


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
        if len(self.lines) >= LINES_MAX or record.name == "airflow.models.dag":
            return
        if record.name.endswith("taskinstance") and str(record.msg).startswith("::"):
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


def position(path, said):
    """Where in its file an import went wrong: the last line of it that the traceback names."""
    found = [int(line) for name, line in re.findall(r'File "([^"]+)", line (\d+)', said) if name == path]
    return found[-1] if found else None


def planned(info):
    return {
        "logical": micros(info.logical_date),
        "start": micros(info.data_interval.start),
        "end": micros(info.data_interval.end),
        "run_after": micros(info.run_after),
    }


def upcoming(dag, last, count):
    """The next runs, by the DAG's own timetable."""
    from airflow.timetables.base import DataInterval

    interval = last and DataInterval(start=pendulum_of(at(last["start"])), end=pendulum_of(at(last["end"])))
    found = []
    while len(found) < count:
        info = dag.next_dagrun_info(interval or None)
        if info is None:
            break
        found.append(planned(info))
        interval = info.data_interval
    return found


def pendulum_of(when):
    import pendulum

    return pendulum.instance(when)


class Bag:
    """The DAG folder as it is now."""

    def __init__(self, folder):
        self.folder = folder
        self.bag = None

    def load(self):
        from airflow.models.dag import DAG
        from airflow.models.dagbag import DagBag

        self.bag = DagBag(self.folder, include_examples=False, read_dags_from_db=False)
        # Without the permissions of its web server, which nobody logs in to.
        DAG.bulk_write_to_db(self.bag.dags.values())
        return self.bag

    def dag(self, name):
        if self.bag is None:
            self.load()
        return self.bag.dags[name]


def described(dag, conf):
    paused = dag.is_paused_upon_creation
    if paused is None:
        paused = conf.getboolean("core", "dags_are_paused_at_creation")
    return {
        "dag_id": dag.dag_id,
        "file": os.path.relpath(dag.fileloc, os.environ["WAVETANK_DAGS"]),
        "description": dag.description,
        "schedule": dag.timetable.summary,
        "timezone": str(dag.timezone),
        "start_date": micros(dag.start_date),
        "catchup": bool(dag.catchup),
        "max_active_runs": dag.max_active_runs,
        "paused": bool(paused),
        "tags": sorted(dag.tags),
        "owners": sorted({task.owner for task in dag.tasks}),
        "tasks": [
            {
                "task_id": task.task_id,
                "operator": task.task_type,
                "retries": task.retries,
                "depends_on_past": bool(task.depends_on_past),
                "upstream": sorted(task.upstream_task_ids),
            }
            for task in dag.topological_sort()
        ],
    }


def load(bag, asked):
    from airflow.configuration import conf

    found = bag.load()
    dags = []
    for name in sorted(found.dags):
        dag = found.dags[name]
        entry = described(dag, conf)
        entry["upcoming"] = upcoming(dag, asked["last"].get(name), asked["count"])
        dags.append(entry)
    errors = []
    for path in sorted(found.import_errors):
        said = found.import_errors[path]
        errors.append({
            "file": os.path.relpath(path, bag.folder),
            "line": position(path, said),
            "said": said.replace(bag.folder, "/usr/local/airflow/dags"),
        })
    return {"dags": dags, "errors": errors}


def create_run(dag, asked, session):
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType

    interval = (pendulum_of(at(asked["start"])), pendulum_of(at(asked["end"])))
    if asked["manual"]:
        interval = dag.timetable.infer_manual_data_interval(run_after=pendulum_of(at(asked["logical"])))
    return dag.create_dagrun(
        state=DagRunState.RUNNING,
        execution_date=pendulum_of(at(asked["logical"])),
        run_id=asked["run_id"],
        run_type=DagRunType.MANUAL if asked["manual"] else DagRunType.SCHEDULED,
        external_trigger=asked["manual"],
        start_date=CLOCK.now,
        conf=asked["conf"],
        data_interval=interval,
        session=session,
    )


def is_waiting(ti):
    """Whether time alone lets this task go on."""
    return str(ti.state) in ("up_for_retry", "up_for_reschedule", "deferred")


def until(ti, dag, session):
    """How many seconds a task waits yet, before it is tried or asked again."""
    from airflow.models.taskreschedule import TaskReschedule

    ti.task = dag.task_dict[ti.task_id]
    if str(ti.state) == "up_for_retry":
        return (ti.next_retry_datetime() - CLOCK.now).total_seconds()
    if str(ti.state) == "up_for_reschedule":
        last = session.scalars(TaskReschedule.stmt_for_task_instance(ti, descending=True)).first()
        return (last.reschedule_date - CLOCK.now).total_seconds() if last else 1.0
    return 1.0


def step(dag, run, tasks, session):
    """Runs what may run now. Answers why nothing ever will, if so."""
    from airflow.utils.state import State, TaskInstanceState

    session.expire_all()
    ready, _ = run.update_state(session=session)
    for ti in ready:
        if ti.state != TaskInstanceState.UP_FOR_RESCHEDULE:
            ti.try_number += 1
        ti.state = TaskInstanceState.SCHEDULED
    session.commit()
    everything = sorted(run.get_task_instances(session=session), key=lambda ti: (ti.task_id, ti.map_index))
    order = [task.task_id for task in dag.topological_sort()]
    everything.sort(key=lambda ti: order.index(ti.task_id) if ti.task_id in order else 0)
    scheduled = [ti for ti in everything if ti.state == TaskInstanceState.SCHEDULED]
    rest = [ti for ti in everything if ti.state not in State.finished and ti not in scheduled]
    if not scheduled and rest and str(run.state) == "running":
        if not any(is_waiting(ti) for ti in rest):
            names = ", ".join(ti.task_id for ti in rest)
            return "nothing lets these tasks run: %s; a task with depends_on_past waits for its own last run" % names
        CLOCK.sleep(max(min(until(ti, dag, session) for ti in rest if is_waiting(ti)), SLEEP_MIN))
    for ti in scheduled:
        ti.task = dag.task_dict[ti.task_id]
        attempt(ti, tasks, session)
    return None


def attempt(ti, tasks, session):
    """One try of one task."""
    from airflow.models.dag import _run_task

    CLOCK.sleep(TASK_SECONDS)
    started, LINES.lines = CLOCK.now, []
    printed = Printed()
    real_out, sys.stdout = sys.stdout, printed
    try:
        _run_task(ti=ti, inline_trigger=True, session=session)
    except Exception:
        logging.getLogger("airflow.task").debug("the task's own log has said it")
    finally:
        sys.stdout = real_out
        printed.end()
    tasks.append({
        "task_id": ti.task_id,
        "map_index": ti.map_index,
        "operator": ti.operator,
        "try_number": ti.try_number,
        "state": str(ti.state or "none"),
        "started": micros(started),
        "ended": micros(CLOCK.now),
        "lines": LINES.take(),
    })


def run(bag, asked):
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState

    CLOCK.running = True
    tasks, note = [], None
    try:
        with create_session() as session:
            dag = bag.dag(asked["dag_id"])
            dag.validate()
            made = create_run(dag, asked, session)
            made.dag = dag
            limit = dag.dagrun_timeout or dt.timedelta(seconds=asked["seconds_max"])
            CLOCK.deadline = CLOCK.now + limit
            session.commit()
            try:
                while note is None and made.state == DagRunState.RUNNING:
                    note = step(dag, made, tasks, session)
            except TimeoutError as error:
                note = str(error)
            if note is not None:
                session.rollback()
                made = session.merge(made)
                made.set_state(DagRunState.FAILED)
                session.commit()
            known = {task["task_id"] for task in tasks}
            for ti in sorted(made.get_task_instances(session=session), key=lambda ti: ti.task_id):
                if ti.task_id not in known:
                    tasks.append({
                        "task_id": ti.task_id, "map_index": ti.map_index, "operator": ti.operator,
                        "try_number": ti.try_number, "state": str(ti.state or "none"),
                        "started": None, "ended": None, "lines": [],
                    })
            interval = [micros(made.data_interval_start), micros(made.data_interval_end)]
            return {"state": str(made.state), "tasks": tasks, "note": note, "interval": interval}
    finally:
        CLOCK.running, CLOCK.deadline = False, None


def know_users():
    """Other tables refer to the users', which a provider brings."""
    try:
        from airflow.providers.fab.auth_manager import models as _users
    except ImportError:
        pass


def make_database():
    """The tables of the metadata, without its web server's permissions."""
    from airflow import models, settings
    from airflow.models.base import Base
    from airflow.utils.db import synchronize_log_template

    models.import_all_models()
    Base.metadata.create_all(settings.engine)
    synchronize_log_template()
    with settings.engine.connect() as connection:
        # The file is copied: everything must be in it.
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return {}


def reach(asked):
    """Where the tank is: it may listen elsewhere than the last time."""
    endpoint = asked.get("endpoint")
    if endpoint:
        os.environ["AWS_ENDPOINT_URL"] = endpoint
        extra = {"endpoint_url": endpoint, "region_name": asked["region"]}
        os.environ["AIRFLOW_CONN_AWS_DEFAULT"] = json.dumps({"conn_type": "aws", "extra": extra})


def use_wal(engine):
    """A second process may read and write while a run of this one waits. The file goes with the tank: nothing waits for the disk.

    One connection stays open: closing the last one would write the log back each time.
    """
    from sqlalchemy import event

    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
    kept = engine.connect()
    kept.exec_driver_sql("PRAGMA journal_mode=WAL")
    return kept


class Once(list):
    """A list that takes no value twice."""

    def append(self, value):
        if value not in self:
            super().append(value)


def share_models():
    """One reading of AWS's service models for all clients: every session of a task would parse megabytes of JSON anew."""
    try:
        import botocore.loaders
        import botocore.session
    except ImportError:
        return
    loaders = {}

    def shared(search_path_string=None):
        if search_path_string not in loaders:
            loader = botocore.loaders.create_loader(search_path_string)
            loader._search_paths = Once(loader._search_paths)
            loaders[search_path_string] = loader
        return loaders[search_path_string]

    botocore.session.create_loader = shared


def main():
    CLOCK.now = at(int(sys.argv[1]))
    import airflow
    from airflow import settings

    settings.initialize()
    know_users()
    take_time()
    share_models()
    kept = use_wal(settings.engine)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        if logger.handlers:
            logger.handlers, logger.propagate = [], True
    logging.root.handlers = [LINES]
    logging.root.setLevel(logging.INFO)
    bag = Bag(os.environ["WAVETANK_DAGS"])
    bag.kept = kept  # Closing it would slow the others down.
    tell({"version": airflow.__version__})
    while True:
        asked = hear()
        CLOCK.now = at(asked["now"])
        try:
            what = asked["do"]
            reach(asked)
            if what == "init":
                answer = make_database()
            elif what == "load":
                answer = load(bag, asked)
            elif what == "upcoming":
                answer = {"upcoming": upcoming(bag.dag(asked["dag_id"]), asked["last"], asked["count"])}
            elif what == "run":
                answer = run(bag, asked)
            else:
                answer = {"failed": "unknown: %s" % what}
        except Exception as error:
            traceback.print_exc()
            answer = {"failed": "%s: %s" % (type(error).__name__, error)}
        tell(answer)


if __name__ == "__main__":
    main()
