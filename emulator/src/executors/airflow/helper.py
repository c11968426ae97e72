"""What runs inside Airflow's own Python: reads the DAG folder, asks the timetables, runs one DAG run at a time.

One JSON object a line each way, on the pipes that were stdin and stdout. Everything that Airflow decides (what is a DAG, when
its intervals are, which task may run, whether one is tried again) is decided by Airflow; what differs between its releases is in
`airflow2.py` and `airflow3.py`.

Left out: executors and queues (tasks of one run come one after the other), pools, dataset schedules.
"""

import datetime as dt
import json
import logging
import os
import random
import re
import shutil
import sys
import traceback
from pathlib import Path

from wavetank_clock import CLOCK, LINES, SLEEP_MIN, Printed, at, hear, micros, take_time, tell

# Of tank time: from the decision that a task may run to its start.
TASK_SECONDS = 2


def position(path, said):
    """Where in its file an import went wrong: the last line of it that the traceback names."""
    found = [int(line) for name, line in re.findall(r'File "([^"]+)", line (\d+)', said) if name == path]
    return found[-1] if found else None


class Bag:
    """The DAG folder as it is now."""

    def __init__(self, folder, release):
        self.folder = folder
        self.release = release
        self.bag = None
        self.seen = {}

    def load(self):
        self.bag = self.release.read_folder(self.folder)
        self.seen = {}
        return self.bag

    def dag(self, name):
        if self.bag is None:
            self.load()
        return self.bag.dags[name]

    def scheduled(self, name):
        """The DAG as its scheduler sees it."""
        dag = self.dag(name)
        if name not in self.seen:
            self.seen[name] = self.release.scheduled(dag)
        return self.seen[name]


def described(dag, seen, conf):
    paused = dag.is_paused_upon_creation
    if paused is None:
        paused = conf.getboolean("core", "dags_are_paused_at_creation")
    return {
        "dag_id": dag.dag_id,
        "file": os.path.relpath(dag.fileloc, os.environ["WAVETANK_DAGS"]),
        "description": dag.description,
        "schedule": seen.timetable.summary,
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
        seen = bag.scheduled(name)
        entry = described(found.dags[name], seen, conf)
        entry["upcoming"] = bag.release.upcoming(seen, asked["last"].get(name), asked["count"])
        dags.append(entry)
    errors = []
    for path in sorted(found.import_errors):
        said = found.import_errors[path]
        # Airflow 3 names it within the folder.
        path = os.path.join(bag.folder, path)
        errors.append({
            "file": os.path.relpath(path, bag.folder),
            "line": position(path, said),
            "said": said.replace(bag.folder, "/usr/local/airflow/dags"),
        })
    return {"dags": dags, "errors": errors}


def word(state):
    """A state in Airflow's word. Its enumeration prints itself otherwise since Python 3.12."""
    return str(getattr(state, "value", state) or "none")


def is_waiting(ti):
    """Whether time alone lets this task go on."""
    return word(ti.state) in ("up_for_retry", "up_for_reschedule", "deferred")


def until(ti, dag, session):
    """How many seconds a task waits yet, before it is tried or asked again."""
    from airflow.models.taskreschedule import TaskReschedule

    ti.task = dag.task_dict[ti.task_id]
    if word(ti.state) == "up_for_retry":
        return (ti.next_retry_datetime() - CLOCK.now).total_seconds()
    if word(ti.state) == "up_for_reschedule":
        last = session.scalars(TaskReschedule.stmt_for_task_instance(ti, descending=True)).first()
        return (last.reschedule_date - CLOCK.now).total_seconds() if last else 1.0
    return 1.0


def step(bag, run, tasks, session):
    """Runs what may run now. Answers why nothing ever will, if so."""
    from airflow.utils.state import State, TaskInstanceState

    dag = run.dag
    session.expire_all()
    ready, _ = run.update_state(session=session)
    for ti in ready:
        if ti.state != TaskInstanceState.UP_FOR_RESCHEDULE:
            ti.try_number += 1
        ti.state = TaskInstanceState.SCHEDULED
        ti.scheduled_dttm = CLOCK.now
    session.commit()
    everything = sorted(run.get_task_instances(session=session), key=lambda ti: (ti.task_id, ti.map_index))
    order = [task.task_id for task in bag.dag(dag.dag_id).topological_sort()]
    everything.sort(key=lambda ti: order.index(ti.task_id) if ti.task_id in order else 0)
    scheduled = [ti for ti in everything if ti.state == TaskInstanceState.SCHEDULED]
    rest = [ti for ti in everything if ti.state not in State.finished and ti not in scheduled]
    if not scheduled and rest and word(run.state) == "running":
        if not any(is_waiting(ti) for ti in rest):
            names = ", ".join(ti.task_id for ti in rest)
            return "nothing lets these tasks run: %s; a task with depends_on_past waits for its own last run" % names
        CLOCK.sleep(max(min(until(ti, dag, session) for ti in rest if is_waiting(ti)), SLEEP_MIN))
    for ti in scheduled:
        attempt(bag, ti, tasks, session)
    return None


def attempt(bag, ti, tasks, session):
    """One try of one task."""
    CLOCK.sleep(TASK_SECONDS)
    started, LINES.lines = CLOCK.now, []
    printed = Printed()
    real_out, sys.stdout = sys.stdout, printed
    try:
        bag.release.run_task(ti, bag.dag(ti.dag_id), session)
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
        "state": word(ti.state),
        "started": micros(started),
        "ended": micros(CLOCK.now),
        "lines": LINES.take(),
    })


def run(bag, asked):
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState

    CLOCK.running = True
    # Clients wait for a random while before they try again: the same run waits the same.
    random.seed(asked["run_id"])
    tasks, note = [], None
    try:
        with create_session() as session:
            dag = bag.dag(asked["dag_id"])
            dag.validate()
            made = bag.release.create_run(bag.scheduled(asked["dag_id"]), asked, session)
            limit = dag.dagrun_timeout or dt.timedelta(seconds=asked["seconds_max"])
            CLOCK.deadline = CLOCK.now + limit
            session.commit()
            try:
                while note is None and made.state == DagRunState.RUNNING:
                    note = step(bag, made, tasks, session)
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
                        "try_number": ti.try_number, "state": word(ti.state),
                        "started": None, "ended": None, "lines": [],
                    })
            interval = [micros(made.data_interval_start), micros(made.data_interval_end)]
            return {"state": word(made.state), "tasks": tasks, "note": note, "interval": interval}
    finally:
        CLOCK.running, CLOCK.deadline = False, None


def make_database(engine, release):
    """The tables of the metadata, without its web server's permissions."""
    from airflow.models.base import Base
    from airflow.utils.db import synchronize_log_template

    release.import_models()
    Base.metadata.create_all(engine)
    synchronize_log_template()
    with engine.connect() as connection:
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


def begin():
    """Imports Airflow. Answers its version, what differs in its release, and its database."""
    import airflow

    if airflow.__version__.startswith("2."):
        import wavetank_airflow2 as release
    else:
        import wavetank_airflow3 as release
    return airflow.__version__, release, release.begin()


def main():
    CLOCK.now = at(int(sys.argv[1]))
    # Two changes within a second may look the same to Python. What it keeps of Airflow itself may stay: it saves half a minute.
    for kept in Path(os.environ["WAVETANK_DAGS"]).rglob("__pycache__"):
        shutil.rmtree(kept, ignore_errors=True)
    version, release, engine = begin()
    take_time()
    share_models()
    kept = use_wal(engine)
    bag = Bag(os.environ["WAVETANK_DAGS"], release)
    tell({"version": version})
    while not kept.closed:
        asked = hear()
        CLOCK.now = at(asked["now"])
        try:
            what = asked["do"]
            reach(asked)
            if what == "init":
                answer = make_database(engine, release)
            elif what == "load":
                answer = load(bag, asked)
            elif what == "upcoming":
                dag = bag.scheduled(asked["dag_id"])
                answer = {"upcoming": release.upcoming(dag, asked["last"], asked["count"])}
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
