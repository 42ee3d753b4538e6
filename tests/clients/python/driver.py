"""boto3 as a judge: reads one case a line (JSON) on stdin, writes one outcome a line on stdout.

It knows the client and nothing of the server it is pointed at. Cases run one after the other in one process, each
with a client of its own, so that no connection and no retry quota is shared between two cases.

Blobs are base64 in both directions. In a request, a blob that is a JSON object or array (the body
of InvokeModel) is taken as that JSON; in an answer, a blob that holds JSON is shown as that JSON.
"""

import base64
import json
import os
import time

from cases import Run, forget_the_callers_settings, serve

forget_the_callers_settings()

import boto3  # noqa: E402
from botocore import xform_name  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.eventstream import EventStream  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402
from botocore.response import StreamingBody  # noqa: E402

# The variable that botocore reads for a Bedrock bearer token; there is no argument for it.
BEARER_VARIABLE = "AWS_BEARER_TOKEN_BEDROCK"


def client_config(wanted):
    """The botocore Config of a case; what the case leaves out keeps the client's own default."""
    options = {"region_name": "us-east-1"}
    if wanted.get("max_attempts") is not None:
        options["retries"] = {"total_max_attempts": wanted["max_attempts"], "mode": "standard"}
    if wanted.get("read_timeout_ms") is not None:
        options["read_timeout"] = wanted["read_timeout_ms"] / 1000
    return Config(**options)


def open_client(endpoint, wanted):
    """A new client in a new session: a session remembers the bearer token it saw first."""
    os.environ.pop(BEARER_VARIABLE, None)
    if wanted.get("bearer") is not None:
        os.environ[BEARER_VARIABLE] = wanted["bearer"]
    return boto3.Session().client(
        "bedrock-runtime",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        verify=wanted.get("ca_bundle"),
        config=client_config(wanted),
    )


def with_blobs(value, shape):
    """The request as boto3 takes it: bytes where its model says blob."""
    if shape.type_name == "blob":
        text = isinstance(value, str)
        return base64.b64decode(value) if text else json.dumps(value).encode()
    if shape.type_name == "structure" and isinstance(value, dict) and not shape.is_document_type:
        return {k: with_blobs(v, shape.members[k]) if k in shape.members else v for k, v in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [with_blobs(item, shape.member) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: with_blobs(item, shape.value) for key, item in value.items()}
    return value


def readable(data):
    """A blob of an answer: its JSON if it is JSON, else base64."""
    try:
        return json.loads(data)
    except ValueError:
        return base64.b64encode(data).decode("ascii")


def plain(value):
    """An answer of boto3 as JSON."""
    if isinstance(value, StreamingBody):
        return readable(value.read())
    if isinstance(value, (bytes, bytearray)):
        return readable(bytes(value))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "ResponseMetadata"}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def payload_of(event_type, payload):
    """What a stream event carries; a chunk of InvokeModelWithResponseStream is its inner JSON."""
    if event_type == "chunk":
        return readable(payload.get("bytes", b""))
    return plain(payload)


class Boto3Run(Run):
    """One call of a boto3 client."""

    def on_send(self, **_):
        """Every request that goes out, retries too; the answer to an earlier one is forgotten."""
        self.outcome["attempts"] += 1
        self.outcome["status"] = self.outcome["request_id"] = None

    def on_answer(self, response_dict, **_):
        self.outcome["status"] = response_dict["status_code"]
        self.outcome["request_id"] = response_dict["headers"].get("x-amzn-requestid")

    def call(self):
        operation = self.case["operation"]
        client = open_client(self.case["endpoint"], self.wanted)
        try:
            client.meta.events.register("before-send.bedrock-runtime", self.on_send)
            client.meta.events.register("before-parse.bedrock-runtime", self.on_answer)
            shape = client.meta.service_model.operation_model(operation).input_shape
            request = with_blobs(self.case["request"], shape)
            self.start_clock()
            for nth in range(self.wanted.get("calls") or 1):
                if nth:
                    time.sleep((self.wanted.get("pause_ms") or 0) / 1000)
                    self.forget_answer()
                self.take(getattr(client, xform_name(operation))(**request))
        finally:
            client.close()

    def forget_answer(self):
        """The next call has the word; only its attempts are added to those before."""
        self.during = "call"
        self.outcome.update(events=[], output=None)

    def take(self, response):
        stream = next((v for v in response.values() if isinstance(v, EventStream)), None)
        if stream is None:
            self.outcome["output"] = plain(response)
            self.outcome["timing"]["first_ms"] = self.elapsed_ms()
        else:
            self.during = "stream"
            self.read(stream)

    def read(self, stream):
        stop_after = self.wanted.get("stop_after_events")
        events = self.outcome["events"]
        try:
            for event in stream:
                at_ms = self.elapsed_ms()
                (event_type, payload), = event.items()
                if not events:
                    self.outcome["timing"]["first_ms"] = at_ms
                events.append({"type": event_type, "payload": payload_of(event_type, payload), "at_ms": at_ms})
                if stop_after is not None and len(events) >= stop_after:
                    break
        finally:
            stream.close()

    def on_error(self, error):
        if isinstance(error, ClientError):
            details = error.response.get("Error", {})
            self.fail(type(error).__name__, details.get("Code"), details.get("Message", str(error)))
        else:
            super().on_error(error)


if __name__ == "__main__":
    serve(Boto3Run)
