//! Every failure of an agent on Bedrock that has been found in public, by group, and why some have no scenario.

/// Group, and the ids of its failures.
const FAILURES: [(&str, &str); 8] = [
    (
        "errors",
        "pre-429-tpm pre-429-rpm pre-429-daily pre-429-fanout pre-429-jitter-zero pre-429-not-ready \
          pre-503-unavailable pre-503-connections pre-500-internal pre-408-timeout pre-424-toolseq pre-400-model-id \
          pre-400-on-demand pre-404-legacy pre-400-stream-tools pre-400-param pre-400-overflow pre-403-model-access \
          pre-403-stream-denied pre-403-marketplace pre-403-expired pre-403-signature pre-200-json pre-200-sse \
          pre-4xx-body-stall",
    ),
    (
        "exceptions",
        "exc-swallowed exc-as-400 exc-throttle-first exc-503-mid-text exc-500-mid-text exc-throttle-mid-text \
          exc-toolseq exc-error-shape exc-validation-first exc-inband-chunk exc-timeout-silence exc-after-tool \
          exc-between-tools exc-after-stop exc-unmodelled exc-message-type-error exc-then-frames",
    ),
    (
        "transport",
        "net-eof-no-stop net-eof-meta-only net-half-frame net-half-stop net-chunk-torn net-rst-text net-cut-tool \
          net-crc-message net-crc-prelude net-stall-start net-stall-mid net-blackhole net-idle-close net-cut-10min \
          net-goaway-idle net-goaway-active net-rst-stream net-refused-stream net-h2-no-response net-h2-max-streams \
          net-keepalive-dead net-buffered net-split net-coalesce net-tls-untrusted net-dns net-pool-starved \
          net-unknown-event net-cancel",
    ),
    (
        "messages",
        "tool-frag-char tool-frag-escape tool-frag-surrogate tool-frag-utf8 tool-lone-surrogate tool-frag-number \
          tool-frag-empty-first tool-frag-none tool-frag-blank tool-one-delta tool-args-lost tool-json-invalid \
          tool-json-not-object tool-maxtok-mid tool-maxtok-prefix tool-maxtok-dead-session tool-parallel \
          tool-parallel-merged tool-index-interleave tool-index-odd tool-early-dispatch tool-id-dup tool-id-reuse \
          tool-id-alien tool-name-unknown tool-name-illegal tool-arg-type tool-arg-extra tool-stop-endturn \
          tool-stop-noblock tool-as-text tool-then-text tool-no-cbe tool-delta-no-start text-first-delta \
          text-empty-before-tool text-whitespace delta-non-text msg-empty-stop msg-reasoning-only reason-signed \
          reason-redacted reason-sig-only reason-unsigned reason-aborted citation-delta stop-guardrail \
          stop-guardrail-history stop-guardrail-fields stop-filtered stop-malformed stop-context stop-unknown \
          loop-same loop-limit-summary",
    ),
    (
        "history",
        "hist-result-missing hist-orphan-tooluse hist-result-extra hist-id-mismatch hist-dup-tooluse hist-dup-result \
          hist-no-toolconfig hist-mixed-result hist-mixed-use hist-blank hist-empty-content hist-error-empty \
          hist-result-json hist-input-json hist-name-pattern hist-id-pattern hist-alternate hist-start-user \
          hist-prefill hist-trailing-ws hist-thinking-first hist-thinking-sig hist-cache-reasoning hist-cache-count \
          hist-cache-ttl hist-image-limits hist-image-in-result hist-tool-schema hist-doc-name hist-surrogate",
    ),
    (
        "usage",
        "use-cache-split use-cache-double use-zero use-meta-order use-drop-unbilled use-hidden-retries \
          use-retry-partial use-cancel-bill use-fallback-model",
    ),
    (
        "timing",
        "time-ttft-65 time-gap-65 time-tool-silence time-tool-stall-retry time-5s-quiet time-dribble time-burst \
          time-long-total time-slow-reader",
    ),
    (
        "execution",
        "exec-hang exec-crash exec-one-fails exec-empty exec-scalar exec-huge exec-truncate-emoji exec-binary \
          exec-image-big exec-interrupt exec-effect-then-500 exec-effect-then-timeout exec-order exec-denied",
    ),
];

/// Failures without a scenario, each with the reason.
const NOT_COVERED: &[(&str, &str)] = &[
    ("net-dns", "It is a matter of the client's configuration: the request never reaches a server."),
    (
        "net-pool-starved",
        "The agent would have to ask again from within its own stream's handler; a server cannot bring that about.",
    ),
    ("time-slow-reader", "It is the client that is slow, not the server."),
    ("hist-cache-ttl", VALIDATOR),
    ("hist-tool-schema", VALIDATOR),
    ("hist-doc-name", VALIDATOR),
];

const VALIDATOR: &str = "No reply of a model brings it about alone; the validator refuses it, in Bedrock's words, in whichever scenario it happens (O2).";

/// Every known failure and its group.
pub(crate) fn failures() -> impl Iterator<Item = (&'static str, &'static str)> {
    FAILURES.iter().flat_map(|(group, ids)| ids.split_whitespace().map(move |id| (id, *group)))
}

/// Why a failure has no scenario.
pub(crate) fn why_not(id: &str) -> Option<&'static str> {
    NOT_COVERED.iter().find(|(known, _)| *known == id).map(|(_, why)| *why)
}
