"""The AWS CLI as a judge: the same case and outcome lines as driver.py, a process of `aws` each.

The CLI has no streaming operation. It takes a blob of its input JSON for the bytes themselves, so
that base64 reaches the server as base64 of base64: give it cases without blobs. Status, request id and attempts are read from its --debug log, the error from its last line. The
CLI is run as a module of this very interpreter: a virtual environment that was renamed after it
was made has scripts with a dead first line.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

from cases import Run, forget_the_callers_settings, serve

# A process that hangs must not outlive the test by long; the harness can end this one only.
TIME_LIMIT_S = 60
SENT = "Sending http request: "
STATUS = re.compile(r'"POST [^"]* HTTP/[\d.]+" (\d{3}) ')
REQUEST_ID = re.compile(r"'x-amzn-requestid': '([^']*)'", re.IGNORECASE)
ERROR = re.compile(
    r"An error occurred \(([^)]*)\) when calling the \w+ operation(?: \(reached max retries: \d+\))?: (.*)",
    re.DOTALL,
)


def environment(wanted):
    """What the CLI reads from its environment: dummy keys, and what the case asks for."""
    env = dict(os.environ, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1")
    if wanted.get("max_attempts") is not None:
        env.update(AWS_RETRY_MODE="standard", AWS_MAX_ATTEMPTS=str(wanted["max_attempts"]))
    if wanted.get("bearer") is not None:
        env["AWS_BEARER_TOKEN_BEDROCK"] = wanted["bearer"]
    return env


def global_options(endpoint, wanted):
    options = ["--endpoint-url", endpoint, "--output", "json", "--debug"]
    if wanted.get("ca_bundle") is not None:
        options += ["--ca-bundle", wanted["ca_bundle"]]
    if wanted.get("read_timeout_ms") is not None:
        # Whole seconds are all that the CLI takes; 0 would mean "wait for ever".
        options += ["--cli-read-timeout", str(max(1, round(wanted["read_timeout_ms"] / 1000)))]
    return options


def option(field):
    """modelId is --model-id."""
    return "--" + re.sub("[A-Z]", lambda letter: "-" + letter.group().lower(), field)


class CliRun(Run):
    """One `aws bedrock-runtime ...`."""

    def call(self):
        with tempfile.TemporaryDirectory() as folder:
            arguments = self.arguments(folder)
            if arguments is None:
                self.fail("DriverError", None, f"the AWS CLI has no {self.case['operation']}")
                return
            command = [sys.executable, "-m", "awscli", "bedrock-runtime", *arguments]
            command += global_options(self.case["endpoint"], self.wanted)
            done = subprocess.run(
                command, env=environment(self.wanted), stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=TIME_LIMIT_S,
            )
            self.read_log(done.stderr)
            self.take(done, os.path.join(folder, "answer"))

    def arguments(self, folder):
        """The operation and its request, or None for one that the CLI does not have."""
        request = dict(self.case["request"])
        if self.case["operation"] == "Converse":
            return ["converse", "--cli-input-json", json.dumps(request)]
        if self.case["operation"] == "InvokeModel":
            with open(os.path.join(folder, "body"), "w", encoding="utf-8") as file:
                json.dump(request.pop("body"), file)
            # With a file to write the answer to, the CLI takes no input JSON: one option for each field.
            named = [part for key, value in request.items() for part in (option(key), value)]
            return ["invoke-model", *named, "--body", f"fileb://{file.name}", os.path.join(folder, "answer")]
        return None

    def read_log(self, log):
        """The attempts, and the head of the answer to the last one (none if none came)."""
        last = log.rpartition(SENT)[2]
        status, request_id = STATUS.search(last), REQUEST_ID.search(last)
        self.outcome["attempts"] = log.count(SENT)
        self.outcome["status"] = int(status.group(1)) if status else None
        self.outcome["request_id"] = request_id.group(1) if request_id else None

    def take(self, done, answer):
        if done.returncode != 0:
            self.take_error(done)
            return
        self.outcome["timing"]["first_ms"] = self.elapsed_ms()
        output = json.loads(done.stdout)
        if os.path.exists(answer):
            with open(answer, encoding="utf-8") as file:
                output["body"] = json.load(file)
        self.outcome["output"] = output

    def take_error(self, done):
        """The class is the exit code: it is all that a script around the CLI sees."""
        said = done.stderr.strip().rpartition("\n\n")[2]
        typed = ERROR.search(said)
        code, message = typed.groups() if typed else (None, said.rpartition("\n")[2])
        self.fail(f"Exit{done.returncode}", code, message.strip())


if __name__ == "__main__":
    forget_the_callers_settings()
    serve(CliRun)
