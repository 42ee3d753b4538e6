//! What an answer that was served says of its tokens. Pure.

use faultline_scenarios::exchange::Exchange;
use faultline_scenarios::plan::Act;
use faultline_wire::decoder::decode_all;
use serde_json::Value;

/// Tokens read and written, where the answer told them.
pub(super) fn usage(exchange: &Exchange) -> Option<(i64, i64)> {
    let told = exchange.timeline.actions().find_map(|action| match &action.act {
        Act::Data { label, bytes, .. } if &*label.event == "metadata" => {
            let (frames, _) = decode_all(bytes);
            frames.first().and_then(|frame| serde_json::from_slice::<Value>(frame.payload()).ok())
        }
        Act::Data { bytes, .. } if bytes.first() == Some(&b'{') => serde_json::from_slice(bytes).ok(),
        _ => None,
    })?;
    let count = |name| told["usage"][name].as_i64();
    Some((count("inputTokens")?, count("outputTokens")?))
}
