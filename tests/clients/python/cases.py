"""The line protocol that the Python drivers share: one case in, one outcome out, both JSON.

It knows no client. The fields of a case and of an outcome are written down once, in ../driver.rs.
"""

import json
import os
import sys
import time

FIELDS = ("id", "operation", "endpoint", "request")
OPERATIONS = ("Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream")


def forget_the_callers_settings():
    """Drop every AWS and proxy setting: only the case decides how the client behaves.

    Must run before a client is imported, and matters: AWS_CA_BUNDLE, AWS_PROFILE or HTTP_PROXY of the
    caller would each change what is judged.
    """
    for name in list(os.environ):
        if name.startswith("AWS_") or name.upper().endswith("_PROXY") or name == "REQUESTS_CA_BUNDLE":
            del os.environ[name]
    os.environ.update(
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        NO_PROXY="*",
    )


class Run:
    """One case on its way: what was seen so far, kept even when the call fails half way."""

    def __init__(self, case):
        self.case = case
        self.wanted = case.get("client") or {}
        self.start_clock()
        self.during = "call"
        self.outcome = {
            "id": case.get("id"), "status": None, "request_id": None, "attempts": 0,
            "events": [], "output": None, "error": None, "timing": {"first_ms": None, "total_ms": 0.0},
        }

    def call(self):
        """Makes the call and fills the outcome in; an error that it raises is reported."""
        raise NotImplementedError

    def start_clock(self):
        """Times count from here: what came before was the making of the client."""
        self.began = time.monotonic()

    def elapsed_ms(self):
        return round((time.monotonic() - self.began) * 1000, 3)

    def fail(self, name, code, message):
        self.outcome["error"] = {"class": name, "code": code, "message": message, "during": self.during}

    def on_error(self, error):
        """What an exception of the call means; a driver that knows its client says more."""
        self.fail(type(error).__name__, None, str(error))

    def finish(self):
        self.outcome["timing"]["total_ms"] = self.elapsed_ms()
        return self.outcome


def objection(case):
    """What is wrong with a line, or None."""
    if not isinstance(case, dict):
        return "a case is a JSON object"
    missing = [field for field in FIELDS if field not in case]
    if missing:
        return f"a case needs {', '.join(missing)}"
    return None if case["operation"] in OPERATIONS else f"no operation {case['operation']}"


def refuse(case, message):
    """The outcome of a line that is no case."""
    run = Run(case if isinstance(case, dict) else {})
    run.fail("DriverError", None, message)
    return run.finish()


def judge(line, kind):
    """The outcome of one line. Nothing that a case holds or a server sends may end the process."""
    try:
        case = json.loads(line)
    except ValueError as error:
        return refuse(None, str(error))
    wrong = objection(case)
    if wrong:
        return refuse(case, wrong)
    run = kind(case)
    try:
        run.call()
    except Exception as error:
        run.on_error(error)
    return run.finish()


def serve(kind):
    """The loop of a driver. Only outcomes go to stdout: whatever a library prints goes to stderr."""
    out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        if line.strip():
            out.write(json.dumps(judge(line, kind)) + "\n")
            out.flush()
