/**
 * The AWS SDK for JavaScript v3 as a judge: reads one case a line (JSON) on stdin, writes one
 * outcome a line on stdout.
 *
 * It knows the client and nothing of the server it is pointed at. The fields of a case and of an
 * outcome are written down once, in ../driver.rs. Cases run one after the other in one process,
 * each with a client of its own, so that no connection and no retry quota is shared between two.
 *
 * transport "default" is the SDK's own choice: HTTP/2, with prior knowledge on http:// and ALPN on
 * https://. "http1" is NodeHttpHandler. NODE_EXTRA_CA_CERTS is read by node at its start alone and
 * is then valid for every case; `ca_bundle` trusts a CA for one case, through the handler.
 *
 * Blobs are base64 in both directions. In a request, a blob that is a JSON object or array (the
 * body of InvokeModel) is taken as that JSON; in an answer, a blob that holds JSON is shown so.
 *
 * Usage: node driver.mjs FOLDER, where FOLDER holds the node_modules that `npm ci` made; this file
 * stays in the source tree, where none are installed.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import https from "node:https";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";

/** Only the case decides how the client behaves: every AWS setting of the caller is dropped. */
function forgetTheCallersSettings() {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith("AWS_")) delete process.env[name];
  }
  process.env.AWS_CONFIG_FILE = "/dev/null";
  process.env.AWS_SHARED_CREDENTIALS_FILE = "/dev/null";
  process.env.AWS_EC2_METADATA_DISABLED = "true";
}

forgetTheCallersSettings();
// Only outcomes go to stdout: whatever a library prints goes to stderr.
console.log = console.info = console.debug = console.warn = console.error;

const load = createRequire(`${resolve(process.argv[2] ?? import.meta.dirname)}/`);
const bedrock = load("@aws-sdk/client-bedrock-runtime");
const { NodeHttpHandler, NodeHttp2Handler } = load("@smithy/node-http-handler");
const { NormalizedSchema } = load("@smithy/core/schema");

const FIELDS = ["id", "operation", "endpoint", "request"];
const OPERATIONS = ["Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream"];
/** Stops the case on its way when the client throws where nobody can catch it. */
let abandon = null;

/** The handler of a case, or undefined for the one that the SDK builds itself. */
function requestHandler({ transport, read_timeout_ms: timeout, ca_bundle: bundle }) {
  const ca = bundle ? readFileSync(bundle) : undefined;
  if (transport === "http1") {
    // socketTimeout is silence on the socket; requestTimeout only warns and ends with the head.
    return new NodeHttpHandler({ socketTimeout: timeout ?? undefined, httpsAgent: new https.Agent({ ca }) });
  }
  if (timeout == null && !ca) return undefined;
  return new NodeHttp2Handler({
    disableConcurrentStreams: true, // as in the handler that the SDK builds itself
    requestTimeout: timeout ?? undefined,
    nodeHttp2ConnectOptions: ca && { ca },
  });
}

/** A new client; what the case leaves out keeps the client's own default. */
function openClient({ endpoint, client = {} }) {
  const config = {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
  const handler = requestHandler(client ?? {});
  if (handler) config.requestHandler = handler;
  if (client?.max_attempts != null) config.maxAttempts = client.max_attempts;
  if (client?.bearer != null) {
    config.token = { token: client.bearer };
    config.authSchemePreference = ["httpBearerAuth"];
  }
  return new bedrock.BedrockRuntimeClient(config);
}

/** Counts what really goes out, and keeps the head of the last answer, which errors do not carry. */
function watch(client, outcome) {
  const watcher = (next) => async (args) => {
    outcome.attempts += 1;
    outcome.status = outcome.request_id = null;
    const result = await next(args);
    outcome.status = result.response.statusCode;
    outcome.request_id = result.response.headers["x-amzn-requestid"] ?? null;
    return result;
  };
  client.middlewareStack.add(watcher, { step: "deserialize", priority: "low", name: "watcher" });
}

/** The request as the SDK takes it: bytes where its model says blob. */
function withBlobs(value, schema) {
  if (value === null || value === undefined || schema.isDocumentSchema()) return value;
  if (schema.isBlobSchema()) {
    return typeof value === "string" ? Buffer.from(value, "base64") : Buffer.from(JSON.stringify(value));
  }
  if (schema.isListSchema() && Array.isArray(value)) {
    return value.map((item) => withBlobs(item, schema.getValueSchema()));
  }
  if (schema.isMapSchema()) return mapValues(value, () => schema.getValueSchema());
  if (schema.isStructSchema()) return mapValues(value, (key) => members(schema)[key]);
  return value;
}

const members = (schema) => Object.fromEntries(schema.structIterator());

const mapValues = (value, schemaOf) =>
  Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, schemaOf(key) ? withBlobs(item, schemaOf(key)) : item]),
  );

/** A blob of an answer: its JSON if it is JSON, else base64. */
function readable(bytes) {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return Buffer.from(bytes).toString("base64");
  }
}

/** An answer of the SDK as JSON. */
function plain(value) {
  if (value instanceof Uint8Array) return readable(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object" || value instanceof Date) return value;
  const kept = Object.entries(value).filter(([key, item]) => key !== "$metadata" && item !== undefined);
  return Object.fromEntries(kept.map(([key, item]) => [key, plain(item)]));
}

/** What an event carries; a chunk of InvokeModelWithResponseStream is its inner JSON. */
const payloadOf = (type, payload) =>
  type === "chunk" ? readable(payload.bytes ?? new Uint8Array()) : plain(payload);

/** The union member of an event; one that the SDK does not know is `$unknown: [name, value]`. */
function memberOf(event) {
  const [type, payload] = Object.entries(event).find(([, value]) => value !== undefined);
  return type === "$unknown" ? [payload[0], payload[1]] : [type, payload];
}

/** Reads an answer that nobody wants; its errors count. */
async function drain(response) {
  for await (const _ of response.stream ?? response.body ?? []);
}

/** One case on its way: what was seen so far, kept even when the call fails half way. */
class Run {
  constructor(testCase) {
    this.case = testCase;
    this.began = performance.now();
    this.during = "call";
    this.outcome = {
      id: testCase.id ?? null, status: null, request_id: null, attempts: 0,
      events: [], output: null, error: null, timing: { first_ms: null, total_ms: 0 },
    };
  }

  elapsedMs() {
    return Math.round((performance.now() - this.began) * 1000) / 1000;
  }

  async call() {
    const Command = bedrock[`${this.case.operation}Command`];
    const client = openClient(this.case);
    const leaving = new AbortController();
    try {
      watch(client, this.outcome);
      const input = NormalizedSchema.of(new Command({}).schema[4]);
      const command = new Command(withBlobs(this.case.request, input));
      const send = () => client.send(command, { abortSignal: leaving.signal });
      this.began = performance.now();
      const { calls, pause_ms: pause, parallel } = this.case.client ?? {};
      for (let nth = 1; nth < (calls ?? 1); nth += 1) {
        await this.take(await send());
        await setTimeout(pause ?? 0);
        this.forgetAnswer();
      }
      const others = Array.from({ length: (parallel ?? 1) - 1 }, () => send().then(drain));
      await Promise.all([send().then((response) => this.take(response)), ...others]);
    } finally {
      // Over HTTP/2 neither the end of the loop nor destroy() ends a stream that is still open.
      leaving.abort();
      client.destroy();
    }
  }

  /** The next call has the word; only its attempts are added to those before. */
  forgetAnswer() {
    this.during = "call";
    Object.assign(this.outcome, { events: [], output: null });
  }

  async take(response) {
    if (this.case.operation.endsWith("Stream")) return this.read(response.stream ?? response.body);
    this.outcome.timing.first_ms = this.elapsedMs();
    this.outcome.output = plain(response);
  }

  async read(stream) {
    this.during = "stream";
    const { events, timing } = this.outcome;
    const stopAfter = this.case.client?.stop_after_events ?? Infinity;
    for await (const event of stream) {
      const at_ms = this.elapsedMs();
      const [type, payload] = memberOf(event);
      timing.first_ms ??= at_ms;
      events.push({ type, payload: payloadOf(type, payload), at_ms });
      if (events.length >= stopAfter) return;
    }
  }

  /** A name that the service gave is a code; Error and its kin are the client's own words. */
  fail(error) {
    const name = error?.constructor?.name ?? typeof error;
    this.outcome.error = {
      class: name === "Error" ? error.name : name,
      code: error?.$fault ? error.name : null,
      message: String(error?.message ?? error),
      during: this.during,
    };
  }

  finish() {
    this.outcome.timing.total_ms = this.elapsedMs();
    return this.outcome;
  }
}

/** What is wrong with a line, or null. */
function objection(testCase) {
  if (testCase === null || typeof testCase !== "object") return "a case is a JSON object";
  const missing = FIELDS.filter((field) => testCase[field] === undefined);
  if (missing.length) return `a case needs ${missing.join(", ")}`;
  return OPERATIONS.includes(testCase.operation) ? null : `no operation ${testCase.operation}`;
}

/** The outcome of a line that is no case. */
function refuse(id, message) {
  const run = new Run({ id });
  run.outcome.error = { class: "DriverError", code: null, message, during: "call" };
  return run.finish();
}

/** The outcome of one line. Nothing that a case holds or a server sends may end the process. */
async function judge(line) {
  let testCase;
  try {
    testCase = JSON.parse(line);
  } catch (error) {
    return refuse(null, error.message);
  }
  const wrong = objection(testCase);
  if (wrong) return refuse(testCase?.id, wrong);
  const run = new Run(testCase);
  try {
    await Promise.race([run.call(), new Promise((_, reject) => { abandon = reject; })]);
  } catch (error) {
    run.fail(error);
  } finally {
    abandon = null;
  }
  return run.finish();
}

for (const event of ["uncaughtException", "unhandledRejection"]) {
  process.on(event, (error) => {
    console.error(event, error);
    abandon?.(new Error(`${event}: ${error?.message ?? error}`));
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim()) process.stdout.write(`${JSON.stringify(await judge(line))}\n`);
}
