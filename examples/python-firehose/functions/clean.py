"""Cleans events on their way through Firehose: what has no user is dropped, what cannot be read has failed."""

import base64
import json


def handler(event, context):
    records = []
    for record in event["records"]:
        answer = {"recordId": record["recordId"], "result": "Ok", "data": record["data"]}
        try:
            data = json.loads(base64.b64decode(record["data"]))
            if data["country"] == "??":
                raise ValueError(f"no country in {data['id']}")
            data["country"] = data["country"].upper()
            line = json.dumps(data) + "\n"
            answer["data"] = base64.b64encode(line.encode()).decode()
        except ValueError as why:
            print(f"refused: {why}")
            answer["result"] = "ProcessingFailed"
        records.append(answer)
    return {"records": records}
