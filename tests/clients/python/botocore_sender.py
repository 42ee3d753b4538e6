"""boto3 under OpenTelemetry's instrumentation of botocore: a foreign sender. One JSON line says what it has asked.

Arguments: the endpoint of Bedrock, the endpoint of the collector, the model.
"""

import json
import sys

import boto3
from botocore.config import Config
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.botocore import BotocoreInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

bedrock, collector, model = sys.argv[1:]
provider = TracerProvider(resource=Resource.create({"service.name": "foreign"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{collector}/v1/traces")))
BotocoreInstrumentor().instrument(tracer_provider=provider)

client = boto3.client(
    "bedrock-runtime",
    endpoint_url=bedrock,
    region_name="us-east-1",
    aws_access_key_id="x",
    aws_secret_access_key="x",
    config=Config(retries={"total_max_attempts": 1}, proxies={}),
)


def ask(text):
    return {"modelId": model, "messages": [{"role": "user", "content": [{"text": text}]}]}


said = {"usage": client.converse(**ask("Hello?"))["usage"]}
said["events"] = [next(iter(event)) for event in client.converse_stream(**ask("Hello?"))["stream"]]
provider.force_flush()
provider.shutdown()
print(json.dumps(said))
