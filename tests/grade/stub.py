"""The tools that a scenario serves, as an agent takes them: their list, and a call that may go wrong in any way.

What goes wrong becomes an error result; nothing is called a second time, since nobody knows what the first call has done.
"""

import http.client
import json
import os
import urllib.error
import urllib.request

BASE = os.environ.get("FAULTLINE_TOOLS_URL")
PATIENCE = 1.5
LONGEST = 20_000


def specs():
    with urllib.request.urlopen(f"{BASE}/tools", timeout=PATIENCE) as response:
        listed = json.load(response)
    spec = lambda tool: {
        "name": tool["name"],
        "description": tool["description"],
        "inputSchema": {"json": tool["inputSchema"]},
    }
    return [{"toolSpec": spec(tool)} for tool in listed]


def once(use, whole):
    headers = {"content-type": "application/json", "x-tool-use-id": use["toolUseId"]}
    request = urllib.request.Request(f"{BASE}/tools/{use['name']}", json.dumps(use["input"]).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as response:
        data = response.read()
    if whole:
        return data.decode(errors="replace")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return f"{len(data)} bytes that are no text"
    if len(text) > LONGEST:
        return f"{text[:LONGEST]}… (cut from {len(text)} characters)"
    return text if text.strip() else "(no output)"


def call(use, attempts=1, whole=False):
    """The text of a result and whether it is one. `whole` sends whatever came; `attempts` above 1 call again blindly."""
    for attempt in range(1, attempts + 1):
        try:
            return once(use, whole), True
        except urllib.error.HTTPError as error:
            return f"the tool failed: HTTP {error.code} {error.read()[:200].decode(errors='replace')}", False
        except (OSError, http.client.HTTPException) as error:
            if attempt == attempts:
                return f"the tool gave no answer: {type(error).__name__} {error}", False
