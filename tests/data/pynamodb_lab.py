"""DynamoDB through pynamodb's models, against a served tank. Each step asserts; the last line says how many passed."""

import json
import os
import urllib.request
from datetime import datetime, timezone

from pynamodb.attributes import (
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.connection import Connection
from pynamodb.exceptions import DoesNotExist, PutError, TransactWriteError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

HOST = os.environ["AWS_ENDPOINT_URL"]


def advance(by):
    request = urllib.request.Request(
        HOST + "/_wavetank/clock/advance",
        data=json.dumps({"by": by}).encode(),
        headers={"content-type": "application/json"},
    )
    urllib.request.urlopen(request).read()


class ByForum(GlobalSecondaryIndex):
    class Meta:
        index_name = "by-forum"
        projection = AllProjection()

    forum = UnicodeAttribute(hash_key=True)
    views = NumberAttribute(range_key=True)


class Place(MapAttribute):
    city = UnicodeAttribute()
    zip_code = NumberAttribute(null=True)


class Thread(Model):
    class Meta:
        table_name = "threads"
        host = HOST
        region = "us-east-1"
        billing_mode = "PAY_PER_REQUEST"

    author = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(range_key=True)
    forum = UnicodeAttribute(default="general")
    views = NumberAttribute(default=0)
    tags = ListAttribute(default=list)
    place = Place(null=True)
    posted = UTCDateTimeAttribute(null=True)
    version = VersionAttribute()
    by_forum = ByForum()


def a_model_makes_its_table():
    Thread.create_table(wait=False)
    advance("1m")
    assert Thread.exists() and Thread.describe_table()["TableStatus"] == "ACTIVE"


def items_are_saved_found_and_refreshed():
    posted = datetime(2026, 11, 1, 12, tzinfo=timezone.utc)
    Thread("mai", 1, tags=["a", 2], place=Place(city="Huế"), posted=posted).save()
    found = Thread.get("mai", 1, consistent_read=True)
    assert (found.place.city, found.posted, found.tags, found.version) == ("Huế", posted, ["a", 2], 1)
    found.update(actions=[Thread.views.add(3), Thread.tags.set(Thread.tags.append(["new"]))])
    assert (found.views, found.tags[-1], found.version) == (3, "new", 2)
    try:
        Thread.get("nobody", 1)
    except DoesNotExist:
        return
    raise AssertionError("nobody was found")


def a_stale_version_is_refused():
    mine, other = Thread.get("mai", 1), Thread.get("mai", 1)
    other.save()
    try:
        mine.save()
    except PutError as refused:
        assert refused.cause_response_code == "ConditionalCheckFailedException"
        return
    raise AssertionError("a stale version was saved")


def batches_queries_and_scans_agree():
    with Thread.batch_write() as batch:
        for number in range(2, 62):
            batch.save(Thread("mai", number, forum=f"f{number % 3}", views=number))
    assert Thread.count("mai") == 61
    between = Thread.query("mai", Thread.number.between(10, 19), filter_condition=Thread.views > 14, page_size=3)
    assert [thread.number for thread in between] == [15, 16, 17, 18, 19]
    popular = Thread.by_forum.query("f1", ByForum.views >= 40, scan_index_forward=False, limit=3)
    assert [thread.views for thread in popular] == [61, 58, 55]
    scanned = [thread.number for thread in Thread.scan(Thread.forum.startswith("f2"), page_size=7)]
    assert sorted(scanned) == [number for number in range(2, 62) if number % 3 == 2]
    many = Thread.batch_get([("mai", number) for number in range(1, 100)])
    assert len(list(many)) == 61


def transactions_are_whole():
    connection = Connection(host=HOST, region="us-east-1")
    with TransactWrite(connection=connection) as transaction:
        transaction.save(Thread("lan", 1))
        transaction.update(Thread.get("mai", 2), actions=[Thread.views.add(100)])
    try:
        with TransactWrite(connection=connection) as transaction:
            transaction.delete(Thread.get("mai", 3))
            transaction.save(Thread("lan", 1), condition=Thread.author.does_not_exist())
        raise AssertionError("it was not cancelled")
    except TransactWriteError as cancelled:
        assert [reason and reason.code for reason in cancelled.cancellation_reasons][1] == "ConditionalCheckFailed"
    with TransactGet(connection=connection) as transaction:
        seen = [transaction.get(Thread, "mai", 2), transaction.get(Thread, "mai", 3)]
    assert [thread.get().views for thread in seen] == [102, 3]


STEPS = [
    a_model_makes_its_table,
    items_are_saved_found_and_refreshed,
    a_stale_version_is_refused,
    batches_queries_and_scans_agree,
    transactions_are_whole,
]

for step in STEPS:
    step()
    print("ok", step.__name__)
print(f"{len(STEPS)} passed")
