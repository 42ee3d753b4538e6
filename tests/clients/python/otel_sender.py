"""The OpenTelemetry SDK for Python: tells a small run by traces, metrics and logs. One JSON line says what it has sent.

Arguments: grpc or http, the endpoint, gzip or none.
"""

import json
import logging
import sys

from opentelemetry import trace
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

SPANS = 1200
RECORDS = 40


def exporters(protocol, endpoint, gzip):
    if protocol == "grpc":
        import grpc
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        compression = grpc.Compression.Gzip if gzip else grpc.Compression.NoCompression
        settings = {"endpoint": endpoint, "insecure": True, "compression": compression}
        return [kind(**settings) for kind in (OTLPSpanExporter, OTLPMetricExporter, OTLPLogExporter)]
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    compression = Compression.Gzip if gzip else Compression.NoCompression
    kinds = {"traces": OTLPSpanExporter, "metrics": OTLPMetricExporter, "logs": OTLPLogExporter}
    return [kind(endpoint=f"{endpoint}/v1/{name}", compression=compression) for name, kind in kinds.items()]


def spans(provider):
    tracer = provider.get_tracer("sender", "1.2.3", attributes={"scope.kind": "test"})
    ids = []
    with tracer.start_as_current_span("invoke_agent", attributes={"gen_ai.conversation.id": "c-7"}) as root:
        told = {
            "gen_ai.operation.name": "chat",
            "text": "Grüße 🎉",
            "flag": True,
            "number": 2**62,
            "ratio": 0.1,
            "list": ["a", "b"],
            "bytes": b"\x00\xff",
        }
        link = trace.Link(root.get_span_context(), {"why": "test"})
        with tracer.start_as_current_span("chat", kind=trace.SpanKind.CLIENT, attributes=told, links=[link]) as span:
            span.add_event("faultline.first_text", {"at": 3})
            span.set_status(trace.Status(trace.StatusCode.ERROR, "it broke"))
            ids.append(format(span.get_span_context().span_id, "016x"))
        for number in range(SPANS - 2):
            tracer.start_span(f"step {number}").end()
    return format(root.get_span_context().trace_id, "032x"), ids


def metrics(provider):
    meter = provider.get_meter("sender")
    meter.create_counter("requests", unit="1", description="how many").add(3, {"arm": "unary"})
    meter.create_up_down_counter("open").add(-2)
    meter.create_gauge("level").set(0.25)
    for value in (0.5, 2.5, 700.0):
        meter.create_histogram("plain", unit="s").record(value)
        meter.create_histogram("fine", unit="s").record(value)


def logs(provider):
    logger = logging.getLogger("sender")
    logger.addHandler(LoggingHandler(logger_provider=provider))
    logger.setLevel(logging.INFO)
    for number in range(RECORDS):
        logger.warning("line %d", number, extra={"number": number})


def main():
    protocol, endpoint, gzip = sys.argv[1], sys.argv[2], sys.argv[3] == "gzip"
    resource = Resource.create({"service.name": f"python-{protocol}-{sys.argv[3]}"})
    to_spans, to_metrics, to_logs = exporters(protocol, endpoint, gzip)
    tracing = TracerProvider(resource=resource)
    tracing.add_span_processor(BatchSpanProcessor(to_spans, max_queue_size=10_000))
    fine = View(instrument_name="fine", aggregation=ExponentialBucketHistogramAggregation())
    reader = PeriodicExportingMetricReader(to_metrics, export_interval_millis=3_600_000)
    measuring = MeterProvider([reader], resource=resource, views=[fine])
    logging_ = LoggerProvider(resource=resource)
    logging_.add_log_record_processor(BatchLogRecordProcessor(to_logs))
    trace_id, ids = spans(tracing)
    metrics(measuring)
    logs(logging_)
    for provider in (tracing, measuring, logging_):
        provider.shutdown()
    print(json.dumps({"trace": trace_id, "chat": ids[0], "spans": SPANS, "records": RECORDS}))


main()
