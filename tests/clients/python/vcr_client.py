"""boto3 behind vcrpy: it records a cassette from an endpoint, or replays one and lets nothing through. One JSON line says
what boto3 saw.

Arguments: the cassette; an endpoint, or nothing; the calls as JSON: [[operation, model id, text], ...].
"""

import json
import sys

import boto3
import botocore.config
import botocore.exceptions
import vcr


def ask(client, operation, model, text):
    messages = [{"role": "user", "content": [{"text": text}]}]
    try:
        if operation == "converse":
            answer = client.converse(modelId=model, messages=messages)
            return answer["output"]["message"]["content"][0]["text"]
        stream = client.converse_stream(modelId=model, messages=messages)["stream"]
        deltas = [event["contentBlockDelta"]["delta"] for event in stream if "contentBlockDelta" in event]
        return [delta["text"] for delta in deltas]
    except botocore.exceptions.ClientError as error:
        return [error.response["Error"]["Code"], error.response["Error"]["Message"]]


def main():
    cassette, endpoint, calls = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    client = boto3.client(
        "bedrock-runtime",
        region_name="eu-west-3",
        endpoint_url=endpoint or None,
        aws_access_key_id="faultline",
        aws_secret_access_key="faultline",
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )
    match_on = ["method", "scheme", "host", "port", "path", "body"]
    mode = "all" if endpoint else "none"
    with vcr.use_cassette(cassette, record_mode=mode, match_on=match_on) as played:
        seen = [ask(client, *call) for call in calls]
        print(json.dumps({"seen": seen, "all_played": played.all_played}))


main()
