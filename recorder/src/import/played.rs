//! A take as a plan, and the condition that requests like its own meet: for cassettes that are played without being written.

use crate::cassette::{file, reply};
use crate::take::Take;
use faultline_scenarios::file::When;
use faultline_scenarios::key::key;
use faultline_scenarios::plan::Plan;
use faultline_scenarios::{Speed, load};
use faultline_wire::Call;
use std::sync::Arc;

/// What a take is found by. Of a request that was not kept nothing is known but what its URL says.
pub fn condition(call: &Call) -> When {
    let whole = key(call);
    let model = whole.model.filter(|_| !call.model_id.is_empty());
    let turn = whole.turn.filter(|_| !call.body.is_null());
    When { model, turn, ..whole }
}

/// What is sent when a take is played. It goes through its written form, so that a cassette that is played at once sends what
/// the same one sends when it was written and loaded.
///
/// # Errors
/// When it cannot be played.
pub fn plan(take: &Take, speed: Speed) -> Result<Arc<Plan>, String> {
    let text = file(&condition(&take.call), &take.from, &[reply(take)]);
    let scenario = load::scenario("take", "take", &text).map_err(|bad| bad.to_text())?;
    let family = scenario.family(&take.call.model_id);
    scenario.plan(0, take.call.operation, family, speed).map_err(|why| why.to_string())
}
