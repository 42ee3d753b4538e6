//! The statistics against scipy: fixed results, and the same computed anew where scipy can be installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use faultline_shadow::{Percentile, Rate, Resampling, bootstrap, percentiles, shift, signed_rank};
use serde_json::Value;

use crate::support::skip;

/// The version that made `scipy.json`.
const SCIPY: &str = "scipy==1.16.3";

fn reference() -> Value {
    serde_json::from_str(include_str!("../data/scipy.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).collect()
}

fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

#[track_caller]
fn near(mine: f64, theirs: &Value, tolerance: f64) {
    let theirs = theirs.as_f64().unwrap();
    assert!((mine - theirs).abs() <= tolerance * theirs.abs().max(1e-3), "{mine} is not {theirs}");
}

#[test]
fn the_signed_rank_test_is_scipys() {
    for case in reference()["wilcoxon"].as_array().unwrap() {
        let differences = numbers(&case["differences"]);
        let mine = signed_rank(&differences);
        assert_eq!(Some(mine.exact), case["exact"].as_bool());
        near(mine.p_greater, &case["greater"], 1e-9);
        near(mine.p_less, &case["less"], 1e-9);
        near(mine.p_two_sided, &case["twoSided"], 1e-9);
        if case.get("middle").is_some() {
            let mine = shift(&differences, 0.95).unwrap();
            near(mine.interval.low.unwrap(), &case["low"], 1e-6);
            near(mine.interval.high.unwrap(), &case["high"], 1e-6);
            near(mine.value, &case["middle"], 1e-6);
        }
    }
}

#[test]
fn rates_and_their_bounds_are_scipys() {
    for case in reference()["rates"].as_array().unwrap() {
        let rate = Rate::new(count(&case["count"]), count(&case["of"]));
        let both = rate.interval(0.95);
        near(both.low.unwrap(), &case["low"], 1e-8);
        near(both.high.unwrap(), &case["high"], 1e-8);
        near(rate.upper(0.05), &case["upper"], 1e-8);
        near(rate.lower(0.05), &case["lower"], 1e-8);
    }
    for case in reference()["fisher"].as_array().unwrap() {
        let rate = |a: &str, n: &str| Rate::new(count(&case[a]), count(&case[n]));
        near(rate("a", "n").p_higher_than(&rate("b", "m")), &case["p"], 1e-9);
    }
}

/// All rates of both arms, with few samples: the box of two exact intervals holds the true difference often enough.
#[test]
fn the_interval_of_a_difference_holds_what_it_says() {
    for (n, m, p, q) in [(20, 30, 0.1, 0.3), (25, 25, 0.02, 0.0), (40, 10, 0.5, 0.5)] {
        let weight = |k: usize, n: usize, p: f64| {
            let ways = (0..k).fold(1.0, |ways, i| ways * (n - i) as f64 / (i + 1) as f64);
            ways * p.powf(k as f64) * (1.0 - p).powf((n - k) as f64)
        };
        let cells = (0..=n).flat_map(|a| (0..=m).map(move |b| (a, b)));
        let held =
            cells.filter(|(a, b)| Rate::new(*a, n).over(&Rate::new(*b, m), 0.95).interval.holds(p - q));
        let coverage: f64 = held.map(|(a, b)| weight(a, n, p) * weight(b, m, q)).sum();
        assert!(coverage >= 0.95, "{coverage} at {n} {m} {p} {q}");
    }
}

#[test]
fn percentiles_are_scipys_or_not_given() {
    for case in reference()["percentiles"].as_array().unwrap() {
        let sample = numbers(&case["sample"]);
        for (mine, theirs) in
            percentiles(sample.clone(), 0.95).iter().zip(case["quantiles"].as_array().unwrap())
        {
            match mine {
                Percentile::Given { percent, n, estimate } => {
                    assert!(*n >= percent.needs());
                    near(estimate.value, &theirs["value"], 1e-12);
                    assert_eq!(estimate.interval.low, theirs["low"].as_f64(), "{percent:?} of {n}");
                    assert_eq!(estimate.interval.high, theirs["high"].as_f64(), "{percent:?} of {n}");
                }
                Percentile::TooFew { n, needs, .. } => assert!(n < needs),
            }
        }
    }
}

#[test]
fn percentiles_need_30_300_and_1000_samples() {
    let given = |n: usize| {
        let sample = (0..n).map(|it| it as f64).collect();
        percentiles(sample, 0.95).iter().map(|it| it.estimate().is_some()).collect::<Vec<_>>()
    };
    assert_eq!(given(29), [false, false, false]);
    assert_eq!(given(30), [true, false, false]);
    assert_eq!(given(299), [true, false, false]);
    assert_eq!(given(300), [true, true, false]);
    assert_eq!(given(999), [true, true, false]);
    assert_eq!(given(1_000), [true, true, true]);
}

/// Both draw by chance of their own: their intervals are as near as chance lets them be.
#[test]
fn the_bootstrap_is_near_scipys_and_repeats_by_its_seed() {
    for case in reference()["bootstrap"].as_array().unwrap() {
        let sample = numbers(&case["sample"]);
        let median = |drawn: &[f64]| {
            let mut drawn = drawn.to_vec();
            drawn.sort_by(f64::total_cmp);
            f64::midpoint(drawn[(drawn.len() - 1) / 2], drawn[drawn.len() / 2])
        };
        let mine = |seed| bootstrap(&sample, Resampling { samples: 4_000, seed }, 0.95, median).unwrap();
        near(mine(1).value, &case["value"], 1e-12);
        let width = case["high"].as_f64().unwrap() - case["low"].as_f64().unwrap();
        let close = |mine: Option<f64>, theirs: &Value| {
            let apart = (mine.unwrap() - theirs.as_f64().unwrap()).abs();
            assert!(apart < 0.1 * width, "{apart} of {width}");
        };
        close(mine(1).interval.low, &case["low"]);
        close(mine(1).interval.high, &case["high"]);
        assert_eq!(mine(1), mine(1));
        let mean = |drawn: &[f64]| drawn.iter().sum::<f64>();
        let drawn = |seed| bootstrap(&sample, Resampling { samples: 100, seed }, 0.95, mean);
        assert_ne!(drawn(1), drawn(2));
    }
}

#[test]
fn the_fixed_results_are_what_scipy_computes_today() {
    let python = match python_with_scipy() {
        Ok(python) => python,
        Err(why) => return skip(&why),
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/scipy_reference.py");
    let output = Command::new(python).arg(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let today: Value = serde_json::from_slice(&output.stdout).unwrap();
    alike(&today, &reference(), "");
}

/// The same but for the last digits, which differ from machine to machine.
fn alike(today: &Value, fixed: &Value, place: &str) {
    match (today, fixed) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().for_each(|(n, (a, b))| alike(a, b, &format!("{place}/{n}")));
        }
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
            a.iter().for_each(|(key, a)| alike(a, &b[key], &format!("{place}/{key}")));
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() <= 1e-9 * b.abs().max(1.0), "{place}: {a} is not {b}");
        }
        _ => assert_eq!(today, fixed, "{place}"),
    }
}

/// An environment under `target/` that is renamed when it is whole.
fn python_with_scipy() -> Result<PathBuf, String> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(SCIPY.replace("==", "-"));
    let python = |home: &Path| home.join("bin/python");
    if python(&home).exists() {
        return Ok(python(&home));
    }
    let making = home.with_extension(std::process::id().to_string());
    let made = run(Command::new("python3").args(["-m", "venv"]).arg(&making))
        .and_then(|()| run(Command::new(python(&making)).args(["-m", "pip", "install", "--quiet", SCIPY])))
        .and_then(|()| std::fs::rename(&making, &home).map_err(|error| error.to_string()));
    if let Err(why) = made {
        let _ = std::fs::remove_dir_all(&making);
        return Err(format!("no {SCIPY}: {why}"));
    }
    Ok(python(&home))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    output.status.success().then_some(()).ok_or_else(|| said.lines().last().unwrap_or("failed").to_owned())
}
