"""litellm's Bedrock provider in a tool loop, streamed. Prompts come on standard input, a line each."""

import json
import os
import sys
import traceback

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else the import fetches a price list
import litellm

MODEL = "bedrock/converse/" + os.environ.get("FAULTLINE_MODEL", "anthropic.claude-sonnet-4-5-20250929-v1:0")


def lookup_parcel(parcel_id):
    return f"Parcel {parcel_id} is in the depot."


def convert_length(metres):
    return f"{metres * 3.28084:.2f} feet"


def function(name, description, key, kind):
    parameters = {"type": "object", "properties": {key: {"type": kind}}, "required": [key]}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


available_functions = {"lookup_parcel": lookup_parcel, "convert_length": convert_length}
tools = [
    function("lookup_parcel", "Where a parcel is, by the number on it.", "parcel_id", "string"),
    function("convert_length", "Converts a length in metres to feet.", "metres", "number"),
]

messages = []


def answer(prompt):
    messages.append({"role": "user", "content": prompt})
    for _ in range(20):
        chunks = list(litellm.completion(model=MODEL, messages=messages, tools=tools, stream=True))
        message = litellm.stream_chunk_builder(chunks, messages=messages).choices[0].message
        messages.append(message)
        if not message.tool_calls:
            return message.content
        for call in message.tool_calls:
            arguments = json.loads(call.function.arguments)
            result = available_functions[call.function.name](**arguments)
            messages.append(
                {"tool_call_id": call.id, "role": "tool", "name": call.function.name, "content": result}
            )
    raise RuntimeError("no answer after 20 steps")


status = 0
for prompt in sys.stdin.read().splitlines():
    try:
        print(answer(prompt))
    except Exception as error:
        traceback.print_exc()
        print(vars(error), vars(error.__cause__ or error), file=sys.stderr)
        status = 1
sys.exit(status)
