//! Who belongs to which arm.

use faultline_shadow::{Arm, Percentage, arm, bucket};
use proptest::prelude::*;

fn percentage(percent: f64) -> Percentage {
    percent.try_into().unwrap()
}

#[test]
fn buckets_are_those_of_another_implementation() {
    let vectors = include_str!("../data/rollout.tsv").lines().filter(|line| !line.starts_with('#'));
    let mut checked = 0;
    for line in vectors {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(bucket(fields[0], fields[1]).to_string(), fields[2], "{line}");
        checked += 1;
    }
    assert_eq!(checked, 18);
}

proptest! {
    #[test]
    fn raising_the_percentage_removes_nobody(id in ".*", salt in ".*", low in 0.0..=100.0, more in 0.0..=100.0) {
        let high = f64::min(low + more, 100.0);
        if arm(&id, percentage(low), &salt) == Arm::Candidate {
            prop_assert_eq!(arm(&id, percentage(high), &salt), Arm::Candidate);
        }
    }

    #[test]
    fn none_and_all_are_none_and_all(id in ".*", salt in ".*") {
        prop_assert_eq!(arm(&id, percentage(0.0), &salt), Arm::Baseline);
        prop_assert_eq!(arm(&id, percentage(100.0), &salt), Arm::Candidate);
    }
}

#[test]
fn buckets_are_even_and_salts_draw_anew() {
    let mut cells = [0_u32; 100];
    let mut both = 0_u32;
    for id in 0..100_000 {
        let id = format!("conversation-{id}");
        cells[usize::from(bucket(&id, "one") / 100)] += 1;
        let chosen = |salt| arm(&id, percentage(10.0), salt) == Arm::Candidate;
        both += u32::from(chosen("one") && chosen("two"));
    }
    let chi_squared: f64 = cells.iter().map(|cell| (f64::from(*cell) - 1_000.0).powi(2) / 1_000.0).sum();
    // The 99.9 % quantile of chi squared with 99 degrees of freedom.
    assert!(chi_squared < 148.2, "{chi_squared}");
    // 1 % by chance; five standard deviations are 157.
    assert!((843..1_157).contains(&both), "{both}");
}

#[test]
fn percentages_are_within_bounds_and_mean_what_is_written() {
    let check = |percent: f64, is: Option<f64>| {
        assert_eq!(Percentage::try_from(percent).ok().map(f64::from), is, "{percent}");
    };
    check(0.29, Some(0.29));
    check(0.57, Some(0.57));
    check(0.009, Some(0.0));
    check(100.0, Some(100.0));
    check(-0.1, None);
    check(100.1, None);
    check(f64::NAN, None);
}
