//! A scenario whose waits are shorter. Pure.

use faultline_scenarios::admission::AdmissionKind;
use faultline_scenarios::faults::FaultKind;
use faultline_scenarios::file::ScenarioFile;
use faultline_scenarios::span::Span;
use faultline_scenarios::{Scenario, Speed};
use std::sync::Arc;

/// The scenario with the finite waits of its faults and connections at `speed`. The pace of its replies is the book's
/// matter. A scenario whose point is waiting stays as it is.
pub(crate) fn hastened(scenario: &Arc<Scenario>, speed: Speed) -> Arc<Scenario> {
    if scenario.file.real_time {
        return scenario.clone();
    }
    let mut file: ScenarioFile = scenario.file.clone();
    let of_tools = file.tools.values_mut().flat_map(|tool| &mut tool.faults);
    for fault in file.faults.iter_mut().chain(of_tools) {
        hasten_fault(&mut fault.kind, speed);
        if let Some(quota) = &mut fault.quota {
            quota.per.0 = speed.scale(quota.per.0);
        }
    }
    for admission in &mut file.admission {
        if let AdmissionKind::SlowAccept(Span(time)) = &mut admission.kind {
            *time = speed.scale(*time);
        }
    }
    Arc::new(Scenario::new(&scenario.name, file))
}

fn hasten_fault(kind: &mut FaultKind, speed: Speed) {
    match kind {
        FaultKind::Drip(drip) => drip.every.0 = speed.scale(drip.every.0),
        FaultKind::Stall(stall) => stall.length = stall.length.map(|Span(time)| Span(speed.scale(time))),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use faultline_scenarios::load;

    fn check(more: &str, speed: Speed, expected: &str) {
        let text = format!("faultline: 1\nreplies: [{{ message: [{{ text: Hi. }}] }}]\n{more}\n");
        let scenario = load::scenario("s", "s", &text).unwrap_or_else(|bad| panic!("{}", bad.to_text()));
        let file = &hastened(&Arc::new(scenario), speed).file;
        let faults: Vec<_> = file.faults.iter().map(|fault| (&fault.kind, fault.quota)).collect();
        let admission: Vec<_> = file.admission.iter().map(|admission| admission.kind).collect();
        let all = format!("{faults:?} {admission:?}");
        assert!(all.contains(expected), "{more}: {all}");
    }

    #[test]
    fn finite_waits_are_shorter_and_endless_ones_stay() {
        let factor = Speed::Factor(20.0);
        check("faults: [{ do: { stall: { for: 3s } }, at: messageStop }]", factor, "Some(Span(150ms))");
        check("faults: [{ do: stall, at: messageStop }]", factor, "length: None");
        check("faults: [{ do: { drip: { every: 100ms } } }]", factor, "every: Span(5ms)");
        check("faults: [{ do: throttle, quota: { requests: 1, per: 1m } }]", factor, "per: Span(3s)");
        check("admission: [{ do: { slow_accept: 2s } }]", factor, "SlowAccept(Span(100ms))");
        check("faults: [{ do: { stall: { for: 3s } }, at: messageStop }]", Speed::Max, "Some(Span(0ns))");
    }

    #[test]
    fn a_scenario_whose_point_is_waiting_waits() {
        let slow = "realTime: true\nfaults: [{ do: { stall: { for: 3s } }, at: messageStop }]";
        check(slow, Speed::Factor(20.0), "Some(Span(3s))");
    }
}
