"""An agent as one writes it on the first day: Converse over plain HTTP, standard library only.

It answers the first tool call and forgets the others, and takes every stop reason for a good one. What else is wrong
with it: faultline grade -- python3 examples/naive_agent.py
"""

import json
import os
import sys
import urllib.request

URL = os.environ["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] + "/model/amazon.nova-lite-v1:0/converse"
SCHEMA = {"type": "object", "properties": {"parcel_id": {"type": "string"}}, "required": ["parcel_id"]}
TOOLS = {"tools": [{"toolSpec": {"name": "lookup_parcel", "inputSchema": {"json": SCHEMA}}}]}


def converse(messages):
    body = json.dumps({"messages": messages, "toolConfig": TOOLS}).encode()
    with urllib.request.urlopen(urllib.request.Request(URL, body, {"content-type": "application/json"})) as answer:
        return json.load(answer)["output"]["message"]


messages = []
for prompt in sys.stdin:
    messages.append({"role": "user", "content": [{"text": prompt.strip()}]})
    while True:
        answer = converse(messages)
        messages.append(answer)
        call = next((block["toolUse"] for block in answer["content"] if "toolUse" in block), None)
        if call is None:
            break
        result = {"toolUseId": call["toolUseId"], "content": [{"text": "It is in the depot."}]}
        messages.append({"role": "user", "content": [{"toolResult": result}]})
    print("".join(block.get("text", "") for block in answer["content"]))
