"""A VCR suite with its recorder off: boto3 over a real wire, each test with its cassette switched on by an admin request.

The cassette is sent in three layouts, as suites keep them: plain, with `parsed_body`, and gzipped. Arguments: the server, a
cassette of vcrpy, the calls as JSON: [[operation, model id, text], ...]. One JSON line says what boto3 saw of each layout.
"""

import copy
import gzip
import json
import sys
import urllib.request

import boto3
import botocore.config
import yaml


def plain(interaction):
    return interaction


def parsed(interaction):
    request, response = interaction["request"], interaction["response"]
    request["parsed_body"] = json.loads(request.pop("body"))
    if isinstance(response["body"]["string"], str):
        response["parsed_body"] = json.loads(response.pop("body")["string"])
    return interaction


def gzipped(interaction):
    response = interaction["response"]
    body = response["body"]["string"]
    response["body"]["string"] = gzip.compress(body.encode() if isinstance(body, str) else body)
    response["headers"]["content-encoding"] = ["gzip"]
    return interaction


def ask(client, operation, model, text):
    messages = [{"role": "user", "content": [{"text": text}]}]
    if operation == "converse":
        return client.converse(modelId=model, messages=messages)["output"]["message"]["content"][0]["text"]
    stream = client.converse_stream(modelId=model, messages=messages)["stream"]
    return [event["contentBlockDelta"]["delta"]["text"] for event in stream if "contentBlockDelta" in event]


def suite(server, layout, cassette, calls):
    name = layout.__name__
    changed = {**cassette, "interactions": [layout(copy.deepcopy(each)) for each in cassette["interactions"]]}
    content = yaml.dump(changed).encode()
    switch = f"{server}/_faultline/cassettes?session={name}"
    urllib.request.urlopen(urllib.request.Request(switch, content, method="POST")).read()
    client = boto3.client(
        "bedrock-runtime",
        region_name="eu-west-3",
        endpoint_url=f"{server}/s/{name}",
        aws_access_key_id="faultline",
        aws_secret_access_key="faultline",
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )
    seen = [ask(client, *call) for call in calls]
    urllib.request.urlopen(urllib.request.Request(switch, method="DELETE")).read()
    return seen


def main():
    server, calls = sys.argv[1], json.loads(sys.argv[3])
    with open(sys.argv[2]) as file:
        cassette = yaml.safe_load(file)
    print(json.dumps({layout.__name__: suite(server, layout, cassette, calls) for layout in (plain, parsed, gzipped)}))


main()
