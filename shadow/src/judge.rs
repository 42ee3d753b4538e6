//! A campaign held to a policy. Pure: the same campaign, policy and look give the same verdict.

use crate::accepted::Accepted;
use crate::divergence::Class;
use crate::findings::{ClassRates, Findings, hard_pairs};
use crate::gate::{GateResult, Judgement, Verdict};
use crate::latency::{FEWEST_PAIRS, log_ratios, times};
use crate::percentile::{Percentile, sorted};
use crate::policy::{DivergenceLimit, ErrorLimit, PercentileLimit, Policy, PolicyError, RatioLimit};
use crate::rate::Rate;
use crate::rules::Rules;
use crate::signed_rank::{shift, signed_rank_about};
use crate::transcript::{Campaign, Transcript};

/// Holds `campaign` to `policy` at look `look` (from 1). A look that was not planned has no error to spend: no statistical gate
/// can decide at it. Hard differences fail however few the pairs are; nothing passes below the policy's fewest pairs.
///
/// # Errors
///
/// When the policy makes no sense.
pub fn judge(
    campaign: &Campaign,
    rules: &Rules,
    accepted: &Accepted,
    policy: &Policy,
    look: u32,
) -> Result<Judgement, PolicyError> {
    policy.check()?;
    // All gates together may err no more than the look may.
    let alpha = policy.looks.level(look, policy.alpha) / policy.gates() as f64;
    let findings = Findings::of(campaign, rules, accepted);
    let court = Court { campaign, rules, accepted, findings: &findings, alpha };
    let mut gates = vec![samples(campaign, policy)];
    gates.extend(policy.divergence.iter().flat_map(|limit| court.divergence(limit)));
    gates.extend(policy.errors.iter().map(|limit| court.errors(*limit)));
    gates.extend(policy.ratio.iter().map(|limit| court.ratio(*limit)));
    gates.extend(policy.percentile.iter().map(|limit| court.percentile(*limit)));
    Ok(Judgement::of(gates))
}

fn samples(campaign: &Campaign, policy: &Policy) -> GateResult {
    let (n, limit) = (campaign.pairs.len(), policy.minimum_pairs);
    GateResult {
        gate: "samples".to_owned(),
        verdict: if n >= limit { Verdict::Pass } else { Verdict::Inconclusive },
        n,
        measured: Some(n as f64),
        low: None,
        high: None,
        limit: limit as f64,
        alpha: 0.0,
        because: format!("{n} pairs, of at least {limit}"),
    }
}

struct Court<'a> {
    campaign: &'a Campaign,
    rules: &'a Rules,
    accepted: &'a Accepted,
    findings: &'a Findings,
    alpha: f64,
}

impl Court<'_> {
    fn divergence(&self, limit: &DivergenceLimit) -> Vec<GateResult> {
        let meant = |class: &Class| limit.classes.is_empty() || limit.classes.contains(class);
        let noisy: Vec<&ClassRates> =
            self.findings.classes.iter().filter(|it| meant(&it.class) && it.noise.count > 0).collect();
        let hard = |class: &Class| meant(class) && noisy.iter().all(|it| it.class != *class);
        let hard: Vec<Class> = Class::ALL.into_iter().filter(hard).collect();
        // The limit's error is shared by what it falls into.
        let alpha = self.alpha / (1 + noisy.len()) as f64;
        let rate = hard_pairs(self.campaign, self.rules, self.accepted, &hard);
        let over = noisy.iter().map(|rates| over_noise(rates, limit, alpha));
        std::iter::once(hard_gate(rate, limit, alpha)).chain(over).collect()
    }

    fn errors(&self, limit: ErrorLimit) -> GateResult {
        let rate = |failed: &dyn Fn(&crate::transcript::Pair) -> &Transcript| {
            let count = self.campaign.pairs.iter().filter(|pair| failed(pair).error.is_some()).count();
            Rate::new(count, self.campaign.pairs.len())
        };
        let (baseline, candidate) = (rate(&|pair| &pair.baseline), rate(&|pair| &pair.candidate));
        let over = candidate.over(&baseline, confidence(self.alpha));
        let (low, high) = (over.interval.low, over.interval.high);
        GateResult {
            gate: "errors".to_owned(),
            verdict: by_bounds(low, high, limit.at_most_over, self.alpha),
            n: candidate.of,
            measured: Some(over.value),
            low,
            high,
            limit: limit.at_most_over,
            alpha: self.alpha,
            because: format!("{} errors, {} in the baseline", candidate.count, baseline.count),
        }
    }

    fn ratio(&self, limit: RatioLimit) -> GateResult {
        let baseline = limit.baseline_moment.unwrap_or(limit.moment);
        let logs = log_ratios(&times(&self.campaign.pairs, baseline, limit.moment));
        let enough = logs.len() >= FEWEST_PAIRS;
        let estimate =
            enough.then(|| shift(&logs, confidence(self.alpha))).flatten().map(|it| it.map(f64::exp));
        let test = signed_rank_about(&logs, limit.at_most.ln());
        let verdict = match (enough, test.p_greater < self.alpha, test.p_less < self.alpha) {
            (true, true, _) => Verdict::Fail,
            (true, _, true) => Verdict::Pass,
            _ => Verdict::Inconclusive,
        };
        let because = match estimate {
            Some(it) => format!("middle ratio {:.4}, limit {}", it.value, limit.at_most),
            None => format!("{} pairs with both times, of at least {FEWEST_PAIRS}", logs.len()),
        };
        GateResult {
            gate: format!("ratio {:?}", limit.moment),
            verdict,
            n: logs.len(),
            measured: estimate.map(|it| it.value),
            low: estimate.and_then(|it| it.interval.low),
            high: estimate.and_then(|it| it.interval.high),
            limit: limit.at_most,
            alpha: self.alpha,
            because,
        }
    }

    fn percentile(&self, limit: PercentileLimit) -> GateResult {
        let whole = self.campaign.pairs.iter().map(|pair| &pair.candidate).filter(|it| it.error.is_none());
        let sample = sorted(whole.filter_map(|it| it.times.at(limit.moment)).collect());
        let reading = Percentile::of(limit.percent, &sample, confidence(self.alpha));
        let interval = reading.estimate().map(|it| it.interval);
        let (low, high) = (interval.and_then(|it| it.low), interval.and_then(|it| it.high));
        let because = match &reading {
            Percentile::Given { estimate, .. } => {
                format!("{:.1} ms, limit {} ms", estimate.value, limit.at_most_ms)
            }
            Percentile::TooFew { n, needs, .. } => format!("{n} samples, of at least {needs}"),
        };
        GateResult {
            gate: format!("percentile {:?} {:?}", limit.moment, limit.percent),
            verdict: by_bounds(low, high, limit.at_most_ms, self.alpha),
            n: sample.len(),
            measured: reading.estimate().map(|it| it.value),
            low,
            high,
            limit: limit.at_most_ms,
            alpha: self.alpha,
            because,
        }
    }
}

/// The confidence of an interval each side of which errs with probability `alpha`.
fn confidence(alpha: f64) -> f64 {
    1.0 - 2.0 * alpha
}

/// Failed where all of the interval lies above the limit, passed where none does.
fn by_bounds(low: Option<f64>, high: Option<f64>, limit: f64, alpha: f64) -> Verdict {
    if alpha > 0.0 && low.is_some_and(|low| low > limit) {
        Verdict::Fail
    } else if alpha > 0.0 && high.is_some_and(|high| high <= limit) {
        Verdict::Pass
    } else {
        Verdict::Inconclusive
    }
}

fn hard_gate(rate: Rate, limit: &DivergenceLimit, alpha: f64) -> GateResult {
    let high = if alpha > 0.0 { rate.upper(alpha) } else { 1.0 };
    let verdict = if rate.count > limit.tolerated {
        Verdict::Fail
    } else if high <= limit.upper_bound {
        Verdict::Pass
    } else {
        Verdict::Inconclusive
    };
    GateResult {
        gate: "divergence".to_owned(),
        verdict,
        n: rate.of,
        measured: Some(rate.share()),
        low: None,
        high: Some(high),
        limit: limit.upper_bound,
        alpha,
        because: format!(
            "{} of {} pairs differ, {} tolerated; the rate is at most {high:.4}",
            rate.count, rate.of, limit.tolerated
        ),
    }
}

fn over_noise(rates: &ClassRates, limit: &DivergenceLimit, alpha: f64) -> GateResult {
    let over = rates.candidate.over(&rates.noise, confidence(alpha));
    let verdict = if rates.p_over_noise < alpha {
        Verdict::Fail
    } else {
        // Noise alone fails nobody twice: only the upper bound is asked here.
        by_bounds(None, over.interval.high, limit.upper_bound, alpha)
    };
    let Rate { count, of } = rates.candidate;
    GateResult {
        gate: format!("divergence {} over noise", rates.class.name()),
        verdict,
        n: of,
        measured: Some(over.value),
        low: over.interval.low,
        high: over.interval.high,
        limit: limit.upper_bound,
        alpha,
        because: format!(
            "{count} of {of} pairs differ, {} of {} by nature",
            rates.noise.count, rates.noise.of
        ),
    }
}
