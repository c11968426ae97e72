"""Airflow 2: how its DAG folder is read, its timetables are asked, and one try of one task is made."""

import logging

from wavetank_clock import CLOCK, LINES, at, micros, take_now


def begin():
    """Imports it, and puts tank time into it."""
    from airflow import settings
    from airflow.utils import timezone

    settings.initialize()
    # Other tables refer to the users', which a provider brings.
    try:
        from airflow.providers.fab.auth_manager import models as _users
    except ImportError:
        pass
    take_now(timezone.utcnow, timezone)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        if logger.handlers:
            logger.handlers, logger.propagate = [], True
    logging.root.handlers = [LINES]
    logging.root.setLevel(logging.INFO)
    return settings.engine


def read_folder(folder):
    """The folder's bag; its DAGs are known to the database."""
    from airflow.models.dag import DAG
    from airflow.models.dagbag import DagBag

    bag = DagBag(folder, include_examples=False, read_dags_from_db=False)
    # Without the permissions of its web server, which nobody logs in to.
    DAG.bulk_write_to_db(bag.dags.values())
    return bag


def scheduled(dag):
    """The DAG as its scheduler sees it."""
    return dag


def upcoming(dag, last, count):
    """The next runs, by the DAG's own timetable."""
    from airflow.timetables.base import DataInterval

    interval = last and DataInterval(start=pendulum_of(at(last["start"])), end=pendulum_of(at(last["end"])))
    found = []
    while len(found) < count:
        info = dag.next_dagrun_info(interval or None)
        if info is None:
            break
        found.append({
            "logical": micros(info.logical_date),
            "start": micros(info.data_interval.start),
            "end": micros(info.data_interval.end),
            "run_after": micros(info.run_after),
        })
        interval = info.data_interval
    return found


def pendulum_of(when):
    import pendulum

    return pendulum.instance(when)


def create_run(dag, asked, session):
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType

    interval = (pendulum_of(at(asked["start"])), pendulum_of(at(asked["end"])))
    if asked["manual"]:
        interval = dag.timetable.infer_manual_data_interval(run_after=pendulum_of(at(asked["logical"])))
    made = dag.create_dagrun(
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
    made.dag = dag
    return made


def run_task(ti, dag, session):
    """One try of one task. What it raises is in its log and its state."""
    from airflow.models.dag import _run_task

    ti.task = dag.task_dict[ti.task_id]
    _run_task(ti=ti, inline_trigger=True, session=session)


def import_models():
    from airflow import models

    models.import_all_models()
