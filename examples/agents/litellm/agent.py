"""litellm's Bedrock provider in a tool loop, streamed. Prompts come on standard input, a line each."""

import json
import os
import sys

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else the import fetches a price list
import litellm

MODEL = "bedrock/converse/" + os.environ.get("FAULTLINE_MODEL", "anthropic.claude-sonnet-4-5-20250929-v1:0")


def function(name, about, key, kind):
    parameters = {"type": "object", "properties": {key: {"type": kind}}, "required": [key]}
    return {"type": "function", "function": {"name": name, "description": about, "parameters": parameters}}


TOOLS = [
    function("lookup_parcel", "Where a parcel is.", "parcel_id", "string"),
    function("convert_length", "Converts a length in metres to feet.", "metres", "number"),
]
RUN = {
    "lookup_parcel": lambda parcel_id: f"Parcel {parcel_id} is in the depot.",
    "convert_length": lambda metres: f"{metres * 3.28084:.2f} feet",
}


def run(call):
    try:
        return str(RUN[call.function.name](**json.loads(call.function.arguments or "{}")))
    except Exception as error:
        return f"error: {error!r}"


messages = []
for prompt in sys.stdin.read().splitlines():
    messages.append({"role": "user", "content": prompt})
    for _ in range(10):
        chunks = list(litellm.completion(model=MODEL, messages=messages, tools=TOOLS, stream=True))
        answer = litellm.stream_chunk_builder(chunks, messages=messages).choices[0].message
        messages.append(answer.model_dump(exclude_none=True))
        if not answer.tool_calls:
            break
        for call in answer.tool_calls:
            messages.append({"role": "tool", "tool_call_id": call.id, "content": run(call)})
    print(answer.content)
