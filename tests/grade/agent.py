"""A small tool-using agent over the unary Converse operation, with nothing but the standard library.

`agent.py` does what a robust agent does. `agent.py FLAW …` has flaws: `success-always` takes every failure for an
answer, `retries-all` repeats what can never succeed, `silent` prints nothing, `no-tools` offers none, `hangs` waits for ever
after its answer, `twice` prints its answer twice, `runs-twice` runs each tool twice, `child` leaves a process behind that
holds its output, `own-tools` does not look for the scenario's tools, `retries-tools` calls a tool again when its result was
lost, `sends-all` sends results as they are, `orphans` keeps calls before their results, `goes-on` does not stop when it is
interrupted.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import stub

FLAWS = set(sys.argv[1:])
MODEL = os.environ.get("FAULTLINE_MODEL", "anthropic.claude-sonnet-4-5-20250929-v1:0")
TOOLS = [
    {
        "toolSpec": {
            "name": "get_order_status",
            "description": "Where an order is.",
            "inputSchema": {
                "json": {
                    "type": "object",
                    "properties": {"order_id": {"type": "string"}},
                    "required": ["order_id"],
                }
            },
        }
    }
]
PASSING = {408, 429, 500, 502, 503, 504}
ATTEMPTS = 4


class Failed(Exception):
    pass


def described(error):
    body = error.read()
    try:
        message = json.loads(body).get("message", "")
    except ValueError:
        message = body[:200].decode(errors="replace")
    kind = error.headers.get("x-amzn-ErrorType", "").split(":")[0]
    return f"{kind}: {message} (HTTP {error.code}, request id {error.headers.get('x-amzn-RequestId')})"


def once(body):
    url = os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] + f"/model/{MODEL}/converse"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as response:
        text = response.read()
        if response.headers.get("content-type") != "application/json":
            raise Failed(f"no JSON but {response.headers.get('content-type')}: {text[:80]!r}")
        return json.loads(text)


def ask(body):
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return once(body)
        except urllib.error.HTTPError as error:
            why, passing = described(error), error.code in PASSING
        except (OSError, http.client.HTTPException, ValueError) as error:
            why, passing = f"{type(error).__name__}: {error}", True
        if attempt == ATTEMPTS or not (passing or "retries-all" in FLAWS):
            raise Failed(why)
        time.sleep(0.1 * 2**attempt * random.uniform(0.5, 1))


SCRIPTED = stub.BASE is not None and "own-tools" not in FLAWS


def run(use):
    """Where the scenario serves its tools, they are called there: an effect that somebody counts."""
    if not SCRIPTED:
        return "on its way", True
    for _ in range(2 if "runs-twice" in FLAWS else 1):
        result = stub.call(use, attempts=2 if "retries-tools" in FLAWS else 1, whole="sends-all" in FLAWS)
    return result


def result_of(use):
    text, well = run(use)
    status = "success" if well else "error"
    return {"toolResult": {"toolUseId": use["toolUseId"], "content": [{"text": text}], "status": status}}


def answer(messages):
    body = {"messages": messages}
    if "no-tools" not in FLAWS:
        body["toolConfig"] = {"tools": stub.specs() if SCRIPTED else TOOLS}
    while True:
        reply = ask(body)
        message = reply["output"]["message"]
        if message["content"]:
            messages.append(message)
        keep(messages)
        uses = [block["toolUse"] for block in message["content"] if "toolUse" in block]
        if reply["stopReason"] != "tool_use" or not uses:
            return "".join(block.get("text", "") for block in message["content"])
        messages.append({"role": "user", "content": [result_of(use) for use in uses]})
        keep(messages)


STATE = os.environ.get("FAULTLINE_STATE")


def kept():
    """The conversation as the run before left it."""
    path = os.path.join(STATE, "messages.json") if STATE else None
    if path is None or not os.path.exists(path):
        return []
    with open(path) as file:
        return json.load(file)


def keep(messages):
    """Only whole turns: a call without its result would make the conversation useless."""
    calls = messages and messages[-1]["role"] == "assistant" and any("toolUse" in each for each in messages[-1]["content"])
    if STATE and ("orphans" in FLAWS or not calls):
        with open(os.path.join(STATE, "messages.json"), "w") as file:
            json.dump(messages, file)


def said(prompt, messages):
    """The prompt as the next user message, or as part of the last one: roles alternate."""
    block = {"text": prompt}
    if messages and messages[-1]["role"] == "user":
        messages[-1]["content"].append(block)
    else:
        messages.append({"role": "user", "content": [block]})


def main():
    messages = kept()
    if "goes-on" in FLAWS:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    for prompt in sys.stdin.read().splitlines():
        said(prompt, messages)
        try:
            text = answer(messages)
        except Failed as error:
            if "success-always" in FLAWS:
                print("Done.")
                return 0
            print(error, file=sys.stderr)
            return 1
        if "silent" not in FLAWS:
            print(text * (2 if "twice" in FLAWS else 1))
    if "hangs" in FLAWS:
        sys.stdout.flush()
        time.sleep(3600)
    if "child" in FLAWS:
        subprocess.Popen(["sleep", "3600"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
