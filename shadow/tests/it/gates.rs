//! Which campaigns pass, which fail, by which gate, and which leave it open.

use faultline_shadow::{
    Acceptance, Accepted, Campaign, Class, DivergenceLimit, ErrorLimit, Judgement, Moment, Percent,
    PercentileLimit, Policy, PolicyError, RatioLimit, Rules, Transcript, Verdict, judge,
};
use serde_json::json;

use crate::support::{Chance, equal, pairs};

/// Answers, errors, a ratio and a percentile.
fn policy() -> Policy {
    Policy {
        ratio: vec![RatioLimit { moment: Moment::Total, baseline_moment: None, at_most: 1.05 }],
        percentile: vec![PercentileLimit {
            moment: Moment::Total,
            percent: Percent::P95,
            at_most_ms: 10_000.0,
        }],
        errors: Some(ErrorLimit { at_most_over: 0.02 }),
        ..Policy::default()
    }
}

fn judged(campaign: &Campaign, policy: &Policy) -> Judgement {
    judge(campaign, &Rules::default(), &Accepted::default(), policy, 1).unwrap()
}

/// The verdict, and who decided it.
#[track_caller]
fn check(campaign: &Campaign, policy: &Policy, verdict: Verdict, decided_by: Option<&str>) {
    let judgement = judged(campaign, policy);
    let word = (judgement.verdict, judgement.decided_by.as_deref());
    assert_eq!(word, (verdict, decided_by), "{:#?}", judgement.gates);
}

/// One change in the candidate of one pair of many.
fn one(change: impl Fn(&mut Transcript)) -> Campaign {
    let mut campaign = equal(2_000, 3);
    change(&mut campaign.pairs[700].candidate);
    campaign
}

#[test]
fn equal_arms_pass() {
    check(&equal(2_000, 3), &policy(), Verdict::Pass, None);
}

#[test]
fn one_character_one_argument_or_one_token_in_one_pair_fails() {
    let fails = |change: &dyn Fn(&mut Transcript)| {
        check(&one(change), &policy(), Verdict::Fail, Some("divergence"));
    };
    fails(&|it| it.text = "Both ship today!".to_owned());
    fails(&|it| it.tool_calls[1].arguments["order_id"] = json!("B-4411"));
    fails(&|it| it.usage[1]["outputTokens"] = json!(10));
}

#[test]
fn ten_percent_more_latency_fails() {
    let mut chance = Chance(4);
    let slow = Campaign { pairs: pairs(2_000, || chance.latencies(0.2, 1.1)), noise: vec![] };
    check(&slow, &policy(), Verdict::Fail, Some("ratio Total"));
}

#[test]
fn too_few_samples_are_inconclusive() {
    check(&equal(50, 3), &policy(), Verdict::Inconclusive, Some("samples"));
    check(&Campaign::default(), &policy(), Verdict::Inconclusive, Some("samples"));
    let bold = Policy { minimum_pairs: 0, ..Policy::default() };
    check(&equal(50, 3), &bold, Verdict::Inconclusive, Some("divergence"));
    let percentile = Policy { divergence: vec![], ratio: vec![], errors: None, ..policy() };
    let few = Policy { minimum_pairs: 0, ..percentile };
    check(&equal(299, 3), &few, Verdict::Inconclusive, Some("percentile Total P95"));
    check(&equal(300, 3), &few, Verdict::Pass, None);
}

#[test]
fn a_percentile_above_its_limit_fails() {
    let mut policy = policy();
    policy.percentile[0].at_most_ms = 1_000.0;
    check(&equal(2_000, 3), &policy, Verdict::Fail, Some("percentile Total P95"));
}

#[test]
fn more_errors_than_the_baseline_fail() {
    let failing = |baseline: usize, candidate: usize| {
        let mut campaign = equal(2_000, 3);
        let error = || Some("ThrottlingException".to_owned());
        campaign.pairs.iter_mut().take(baseline).for_each(|it| it.baseline.error = error());
        campaign.pairs.iter_mut().rev().take(candidate).for_each(|it| it.candidate.error = error());
        campaign
    };
    let only = Policy { divergence: vec![], ratio: vec![], percentile: vec![], ..policy() };
    check(&failing(0, 200), &only, Verdict::Fail, Some("errors"));
    check(&failing(200, 0), &only, Verdict::Pass, None);
    check(&failing(0, 40), &only, Verdict::Inconclusive, Some("errors"));
}

#[test]
fn what_differs_by_nature_is_held_against_the_noise() {
    let noisy = |noise: usize, candidate: usize| {
        let mut campaign = Campaign { noise: equal(2_000, 5).pairs, ..equal(2_000, 3) };
        let change = |it: &mut Transcript| it.text.push('!');
        campaign.noise.iter_mut().take(noise).for_each(|it| change(&mut it.candidate));
        campaign.pairs.iter_mut().take(candidate).for_each(|it| change(&mut it.candidate));
        campaign
    };
    let wide = |upper_bound| {
        let limit = DivergenceLimit { upper_bound, ..DivergenceLimit::default() };
        Policy { divergence: vec![limit], ..Policy::default() }
    };
    let over = Some("divergence finalText over noise");
    check(&noisy(40, 40), &wide(0.05), Verdict::Pass, None);
    check(&noisy(40, 40), &wide(0.01), Verdict::Inconclusive, over);
    check(&noisy(40, 120), &wide(0.05), Verdict::Fail, over);
    // The noise of one class excuses no other.
    let mut both = noisy(40, 40);
    both.pairs[9].candidate.turns = 3;
    check(&both, &wide(0.05), Verdict::Fail, Some("divergence"));
}

#[test]
fn what_is_accepted_or_tolerated_passes() {
    let changed = one(|it| it.turns = 3);
    let limit = DivergenceLimit { tolerated: 1, ..DivergenceLimit::default() };
    check(&changed, &Policy { divergence: vec![limit], ..policy() }, Verdict::Pass, None);
    let limit = DivergenceLimit { classes: vec![Class::FinalText], ..DivergenceLimit::default() };
    check(&changed, &Policy { divergence: vec![limit], ..policy() }, Verdict::Pass, None);
    let entry = Acceptance {
        class: Some(Class::Turns),
        pattern: Some("2 -> 3".to_owned()),
        reason: "one more look".to_owned(),
        expires: Some("2026-06-15".parse().unwrap()),
        ..Acceptance::default()
    };
    let verdict = |day: &str| {
        let (accepted, _) = Accepted::on(day.parse().unwrap(), std::slice::from_ref(&entry));
        judge(&changed, &Rules::default(), &accepted, &policy(), 1).unwrap().verdict
    };
    assert_eq!((verdict("2026-06-15"), verdict("2026-06-16")), (Verdict::Pass, Verdict::Fail));
}

#[test]
fn a_look_that_was_not_planned_decides_nothing_but_what_is_certain() {
    let look = |campaign: &Campaign| {
        judge(campaign, &Rules::default(), &Accepted::default(), &policy(), 2).unwrap().verdict
    };
    assert_eq!(look(&equal(2_000, 3)), Verdict::Inconclusive);
    assert_eq!(look(&one(|it| it.turns = 3)), Verdict::Fail);
}

#[test]
fn policies_that_make_no_sense_are_refused() {
    let check = |policy: Policy, problem: &str| assert_eq!(policy.check().unwrap_err().to_string(), problem);
    check(Policy { alpha: 0.0, ..policy() }, "`alpha` is 0, but must lie between 0 and 0.5");
    check(
        Policy { divergence: vec![], ..Policy::default() },
        "the policy has no limit: everything would pass",
    );
    let mut none = policy();
    none.ratio[0].at_most = 0.0;
    check(none, "`ratio.atMost` is 0, but must be above 0");
    let mut never = policy();
    never.looks.planned = 0;
    assert_eq!(never.check(), Err(PolicyError::NoLook));
    let unknown = serde_json::from_value::<Policy>(json!({"minimumpairs": 3}));
    assert!(unknown.unwrap_err().to_string().contains("unknown field `minimumpairs`"));
}

#[test]
fn a_policy_and_a_judgement_go_through_json_unchanged() {
    let text = serde_json::to_string(&policy()).unwrap();
    assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), policy());
    let judgement = judged(&equal(400, 3), &policy());
    let text = serde_json::to_string(&judgement).unwrap();
    let back: Judgement = serde_json::from_str(&text).unwrap();
    assert_eq!((back.verdict, back.gates.len()), (judgement.verdict, judgement.gates.len()));
}
