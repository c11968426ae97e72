"""The Python end of the Lambda Runtime API: imports the handler, then asks for events and answers them.

Runs in the function's process under whatever Python 3 is there, so it keeps to the standard library.
"""

import base64
import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback
import types

from wavetank_chance import take_chance
from wavetank_clock import CLOCK, take_time

BASE = "/2018-06-01/runtime"
ROOT = os.environ["LAMBDA_TASK_ROOT"]
# Where code lies on AWS; shown instead of this machine's folders.
ROOT_SHOWN = "/var/task"
# A line end within one log event: the reader of our output turns it back.
SOFT_END = "\r"


class Api:
    """One connection to the Runtime API, kept open."""

    def __init__(self, address):
        self.connection = http.client.HTTPConnection(address)

    def call(self, method, path, body=None, headers={}):
        self.connection.request(method, BASE + path, body=body, headers=headers)
        answer = self.connection.getresponse()
        return answer, answer.read()


class Context:
    """What the handler is told about its invocation."""

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = types.SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self.client_context = client_context(headers.get("Lambda-Runtime-Client-Context"))
        self.tenant_id = None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])
        self._timeout_ms = headers.get("Wavetank-Timeout-Ms")

    def get_remaining_time_in_millis(self):
        if self._timeout_ms is not None:
            return max(0, int(self._timeout_ms) - int(CLOCK.slept_s() * 1000))
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


def client_context(encoded):
    if not encoded:
        return None
    said = json.loads(base64.b64decode(encoded))
    return types.SimpleNamespace(
        custom=said.get("custom"), env=said.get("env"), client=types.SimpleNamespace(**(said.get("client") or {}))
    )


class Stamp(logging.Formatter):
    """Log lines as the runtime writes them, on tank time when the tank's time stands still."""

    request_id = ""
    now_ms = None

    def format(self, record):
        at = record.created if Stamp.now_ms is None else Stamp.now_ms / 1000
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".%03dZ" % int(at * 1000 % 1000)
        text = super().format(record)
        return "[%s]\t%s\t%s\t%s" % (record.levelname, when, Stamp.request_id, text.replace("\n", SOFT_END))


class Failed(Exception):
    """A handler that cannot be found, under the name that AWS has for it."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def load(name):
    if "." not in name:
        raise Failed(
            "Runtime.MalformedHandlerName",
            "Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name,
        )
    module, attribute = name.rsplit(".", 1)
    try:
        found = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        raise Failed("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module, error)) from error
    except SyntaxError as error:
        message = "Syntax error in module '%s': %s" % (module, str(error).replace(ROOT, ROOT_SHOWN))
        raise Failed("Runtime.UserCodeSyntaxError", message) from error
    if not hasattr(found, attribute):
        raise Failed("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (attribute, module))
    return getattr(found, attribute)


def document(error, request_id):
    """The error as AWS shows it; frames that are not the function's own are left out."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(ROOT)]
    return {
        "errorMessage": str(error),
        "errorType": error.kind if isinstance(error, Failed) else type(error).__name__,
        "requestId": request_id,
        "stackTrace": [line.replace(ROOT, ROOT_SHOWN) for line in traceback.format_list(frames)],
    }


def say(error):
    """Writes an error as one log event."""
    lines = ["[ERROR] %s: %s" % (error["errorType"], error["errorMessage"])]
    if error["stackTrace"]:
        lines.append("Traceback (most recent call last):")
    for frame in error["stackTrace"]:
        for line in frame.rstrip("\n").split("\n"):
            bare = line.lstrip(" ")
            lines.append("\u00a0" * (len(line) - len(bare)) + bare)
    text = SOFT_END.join(lines).replace("\n", SOFT_END)
    sys.stdout.write(text + SOFT_END + "\n")


def flush():
    sys.stdout.flush()
    sys.stderr.flush()


def tell_timed_out(request_id):
    """The handler has slept until its timeout: the tank stops it."""
    flush()
    Api(os.environ["AWS_LAMBDA_RUNTIME_API"]).call("POST", "/invocation/%s/timed-out" % request_id)


def handle(handler, headers, body):
    """One event: the path of the answer, and the answer."""
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
    now_ms = headers.get("Wavetank-Now-Ms")
    Stamp.request_id, Stamp.now_ms = request_id, int(now_ms) if now_ms else None
    os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
    if now_ms:
        limit = int(headers["Wavetank-Timeout-Ms"]) / 1000
        CLOCK.begin(int(now_ms), limit, lambda: tell_timed_out(request_id))
    try:
        answer = handler(json.loads(body), Context(headers))
        try:
            said = json.dumps(answer, ensure_ascii=False)
        except (TypeError, ValueError) as error:
            raise Failed("Runtime.MarshalError", "Unable to marshal response: %s" % error) from error
        return "response", said
    except Exception as error:
        shown = document(error, request_id)
        say(shown)
        return "error", json.dumps(shown, ensure_ascii=False)


def main():
    api = Api(os.environ["AWS_LAMBDA_RUNTIME_API"])
    sys.path[0] = ROOT
    if len(sys.argv) > 1:
        take_chance(sys.argv.pop())
        Stamp.now_ms = int(sys.argv.pop())
        CLOCK.begin(Stamp.now_ms, None, None)
        take_time()
    out = logging.StreamHandler(sys.stdout)
    out.setFormatter(Stamp())
    logging.getLogger().addHandler(out)
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as error:
        shown = document(error, "")
        say(shown)
        flush()
        api.call("POST", "/init/error", json.dumps(shown, ensure_ascii=False).encode())
        sys.exit(1)
    while True:
        answer, body = api.call("GET", "/invocation/next")
        if answer.status != 200:
            return
        path, said = handle(handler, answer.headers, body)
        flush()
        request_id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
        slept = {"Wavetank-Slept-Ms": str(int(CLOCK.slept_s() * 1000))}
        path = "/invocation/%s/%s" % (request_id, path)
        api.call("POST", path, said.encode("utf-8", "surrogatepass"), slept)


if __name__ == "__main__":
    try:
        main()
    except (http.client.RemoteDisconnected, ConnectionError):
        # The tank has gone.
        pass
