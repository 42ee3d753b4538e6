//! How often the statistics err, by simulated campaigns. Seeded: the same figures on every machine.

use faultline_shadow::{
    Accepted, Campaign, Looks, Moment, Policy, RatioLimit, Resampling, Rules, Spending, Verdict, bootstrap,
    judge, log_ratios, signed_rank,
};

use crate::support::{Chance, pairs};

/// Simulated campaigns of each claim.
const CAMPAIGNS: u32 = 400;

fn logs(chance: &mut Chance, n: usize, slower: f64) -> Vec<f64> {
    let times: Vec<(f64, f64)> = (0..n).map(|_| chance.latencies(0.4, slower)).collect();
    log_ratios(&times)
}

/// The share of campaigns in which `alarm` rang.
fn share(seed: u64, mut alarm: impl FnMut(&mut Chance) -> bool) -> f64 {
    let mut chance = Chance(seed);
    let rang = (0..CAMPAIGNS).filter(|_| alarm(&mut chance)).count();
    rang as f64 / f64::from(CAMPAIGNS)
}

/// `alpha` and three times the error of the simulation itself.
fn bound(alpha: f64) -> f64 {
    alpha + 3.0 * (alpha * (1.0 - alpha) / f64::from(CAMPAIGNS)).sqrt()
}

#[test]
fn equal_arms_raise_no_more_alarms_than_alpha() {
    for n in [30, 100, 300] {
        let alarms = share(11, |chance| signed_rank(&logs(chance, n, 1.0)).p_two_sided < 0.05);
        assert!(alarms <= bound(0.05), "{alarms} at {n}");
        assert!(alarms > 0.0, "a test that never alarms tests nothing");
    }
}

#[test]
fn ten_percent_more_latency_is_found_in_1000_pairs() {
    let found = share(12, |chance| signed_rank(&logs(chance, 1_000, 1.1)).p_two_sided < 0.05);
    assert!(found > 0.9, "{found}");
}

#[test]
fn the_interval_of_the_median_ratio_holds_the_truth() {
    let median = |logs: &[f64]| {
        let mut logs = logs.to_vec();
        let middle = logs.len() / 2;
        *logs.select_nth_unstable_by(middle, f64::total_cmp).1
    };
    let held = share(13, |chance| {
        let resampling = Resampling { samples: 200, seed: 5 };
        let found = bootstrap(&logs(chance, 101, 1.1), resampling, 0.95, median).unwrap();
        found.interval.holds(1.1_f64.ln())
    });
    assert!(held >= 1.0 - bound(0.05), "{held}");
}

fn policy(looks: Looks, at_most: f64) -> Policy {
    let ratio = vec![RatioLimit { moment: Moment::Total, baseline_moment: None, at_most }];
    Policy { minimum_pairs: 100, looks, divergence: vec![], ratio, ..Policy::default() }
}

fn fails(campaign: &Campaign, policy: &Policy, look: u32) -> bool {
    let judged = judge(campaign, &Rules::default(), &Accepted::default(), policy, look).unwrap();
    judged.verdict == Verdict::Fail
}

/// Five looks at a growing campaign of equal arms, at a level for each: any of them may raise an alarm.
fn peeked(chance: &mut Chance, level: impl Fn(u32) -> f64) -> bool {
    let all = logs(chance, 200, 1.0);
    (1..=5_u32).any(|look| signed_rank(&all[..40 * look as usize]).p_two_sided < level(look))
}

#[test]
fn planned_looks_keep_the_error_and_unplanned_ones_do_not() {
    for spending in [Spending::Bonferroni, Spending::OBrienFleming] {
        let looks = Looks { planned: 5, spending };
        let alarms = share(14, |chance| peeked(chance, |look| looks.level(look, 0.05)));
        assert!(alarms <= bound(0.05), "{spending:?}: {alarms}");
    }
    let alarms = share(14, |chance| peeked(chance, |_| 0.05));
    assert!(alarms > bound(0.05), "peeking costs nothing? {alarms}");
}

#[test]
fn levels_of_looks_sum_up_to_alpha() {
    for spending in [Spending::Bonferroni, Spending::OBrienFleming] {
        let looks = Looks { planned: 5, spending };
        let levels: Vec<f64> = (1..=5).map(|look| looks.level(look, 0.05)).collect();
        assert!((levels.iter().sum::<f64>() - 0.05).abs() < 1e-12, "{levels:?}");
        assert!(levels.is_sorted(), "{levels:?}");
        assert_eq!((looks.level(0, 0.05), looks.level(6, 0.05)), (0.0, 0.0));
    }
}

#[test]
fn a_gate_finds_ten_percent_and_lets_equal_arms_pass() {
    // 400 campaigns of 1,000 pairs each would take minutes with all their intervals: 20 bound the power from below well enough.
    let mut chance = Chance(15);
    let policy = policy(Looks::default(), 1.02);
    let mut failed = |slower: f64| {
        let campaign = |chance: &mut Chance| pairs(1_000, || chance.latencies(0.4, slower));
        (0..20)
            .filter(|_| fails(&Campaign { pairs: campaign(&mut chance), noise: vec![] }, &policy, 1))
            .count()
    };
    let (found, alarms) = (failed(1.1), failed(1.0));
    assert!(found > 17, "{found} of 20");
    assert!(alarms <= 2, "{alarms} of 20");
}
