"""Airflow 3: how its DAG folder is read, its timetables are asked, and one try of one task is made.

A task runs with the Task SDK against the execution API in this process, as `airflow dags test` lets it.
"""

import datetime as dt
import logging
import sys
import threading
import traceback

from wavetank_clock import CLOCK, LINES, at, micros, take_now

BUNDLE = "dags-folder"


class Now(dt.datetime):
    """Where Airflow asks for the machine's time it gets the tank's. What it gets is a plain datetime."""

    @classmethod
    def now(cls, tz=None):
        return CLOCK.now.astimezone(tz)


def begin():
    """Imports it, and puts tank time into it."""
    from airflow import settings
    from airflow._shared.timezones import timezone
    from airflow.sdk._shared.timezones import timezone as sdk_timezone
    from airflow.sdk.execution_time import context, supervisor, task_runner

    settings.initialize()
    for source in (timezone, sdk_timezone):
        take_now(source.utcnow, source)
    for module in (context, supervisor, task_runner):
        module.datetime = Now
    take_logs()
    return settings.engine


def take_logs():
    """What tasks and their hooks log becomes lines, whichever of the two ways they log."""
    import structlog

    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        if logger.handlers:
            logger.handlers, logger.propagate = [], True
    logging.root.handlers = [LINES]
    logging.root.setLevel(logging.INFO)
    structlog.configure(processors=[keep], logger_factory=structlog.PrintLoggerFactory(sys.stderr), cache_logger_on_first_use=False)


def keep(logger, method, event):
    """The last of structlog's processors: keeps what the task says, and lets nothing through."""
    import structlog

    is_said = CLOCK.running and method != "debug" and threading.current_thread() is threading.main_thread()
    text = str(event.pop("event", ""))
    if not is_said or text.startswith(("::", "[DAG TEST]")):
        raise structlog.DropEvent
    raised = event.pop("exc_info", None)
    error = event.pop("error", None)
    if raised is True or raised == 1:
        raised = sys.exc_info()
    if isinstance(raised, BaseException):
        raised = (type(raised), raised, raised.__traceback__)
    if positional := event.pop("positional_args", None):
        text = text % positional
    for name in ("logger", "logger_name", "level", "timestamp", "ti", "loc"):
        event.pop(name, None)
    pairs = "".join(" %s=%s" % pair for pair in sorted(event.items(), key=lambda pair: pair[0]) if not pair[0].startswith("_"))
    line = "%s - %s%s" % (method.upper(), text, pairs)
    if raised and raised[0]:
        line += "\n" + "".join(traceback.format_exception(*raised)).rstrip()
    elif error:
        line += "\n%s" % error
    LINES.lines.append([micros(CLOCK.now), line])
    raise structlog.DropEvent


def read_folder(folder):
    """The folder's bag; its DAGs are known to the database."""
    from pathlib import Path

    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db

    DagBundlesManager().sync_bundles_to_db()
    bag = BundleDagBag(dag_folder=folder, bundle_path=Path(folder), bundle_name=BUNDLE)
    sync_bag_to_db(bag, BUNDLE, None)
    return bag


def scheduled(dag):
    """The DAG as its scheduler sees it: what was written, and read again."""
    from airflow.serialization.serialized_objects import DagSerialization

    seen = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    seen.on_success_callback, seen.on_failure_callback = dag.on_success_callback, dag.on_failure_callback
    return seen


def upcoming(dag, last, count):
    """The next runs, by the DAG's own timetable."""
    from airflow.timetables.base import DagRunInfo, DataInterval

    info = None
    if last:
        interval = DataInterval(start=pendulum_of(at(last["start"])), end=pendulum_of(at(last["end"])))
        info = DagRunInfo(run_after=pendulum_of(at(last["run_after"])), data_interval=interval)
    found = []
    while len(found) < count:
        info = dag.next_dagrun_info(last_automated_run_info=info)
        if info is None:
            break
        interval = info.data_interval or DataInterval.exact(info.run_after)
        found.append({
            "logical": micros(info.logical_date or info.run_after),
            "start": micros(interval.start),
            "end": micros(interval.end),
            "run_after": micros(info.run_after),
        })
    return found


def pendulum_of(when):
    import pendulum

    return pendulum.instance(when)


def create_run(dag, asked, session):
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    logical = pendulum_of(at(asked["logical"]))
    interval = (pendulum_of(at(asked["start"])), pendulum_of(at(asked["end"])))
    if asked["manual"]:
        interval = dag.timetable.infer_manual_data_interval(run_after=logical)
    made = dag.create_dagrun(
        state=DagRunState.RUNNING,
        logical_date=logical,
        run_id=asked["run_id"],
        run_type=DagRunType.MANUAL if asked["manual"] else DagRunType.SCHEDULED,
        triggered_by=DagRunTriggeredByType.REST_API if asked["manual"] else DagRunTriggeredByType.TIMETABLE,
        start_date=CLOCK.now,
        run_after=CLOCK.now,
        conf=asked["conf"],
        data_interval=interval,
        session=session,
    )
    made.dag = dag
    return made


def run_task(ti, dag, session):
    """One try of one task. What it raises is in its log and its state."""
    from airflow.sdk.definitions.dag import _run_task

    session.commit()
    _run_task(ti=ti, task=dag.task_dict[ti.task_id], run_triggerer=True)
    session.expire_all()


def import_models():
    from airflow import models

    models.import_all_models()
