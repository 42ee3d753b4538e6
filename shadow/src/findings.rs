//! All differences of a campaign: counted by class beside the noise, deduplicated by signature, the accepted ones told apart.
//! Decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::accepted::Accepted;
use crate::compare::compare;
use crate::divergence::{Class, Divergence};
use crate::interval::Estimate;
use crate::rate::Rate;
use crate::rules::Rules;
use crate::transcript::{Campaign, Pair};

/// What a campaign's transcripts differ in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Findings {
    /// Pairs compared.
    pub pairs: usize,
    /// Pairs of the noise arm.
    pub noise_pairs: usize,
    /// Each class that was seen in either, with its rates.
    pub classes: Vec<ClassRates>,
    /// Each distinct difference between baseline and candidate, the most frequent first.
    pub distinct: Vec<Distinct>,
}

/// How often a class differs, by pairs: a pair counts once, however much of the class differs in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassRates {
    /// The class.
    pub class: Class,
    /// Pairs with a difference that is not accepted.
    pub candidate: Rate,
    /// The same between baseline and baseline.
    pub noise: Rate,
    /// Pairs with accepted differences of this class only.
    pub accepted: usize,
    /// How much more often the candidate differs than the baseline does from itself, with an exact 95 % interval.
    pub over_noise: Estimate,
    /// Fisher's exact test: how probable this is, were the candidate's rate the noise's.
    pub p_over_noise: f64,
}

/// One difference, however often it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Distinct {
    /// Its first occurrence.
    pub first: Divergence,
    /// How often it came.
    pub count: usize,
    /// The prompts in which it came, each once, in order of the campaign.
    pub prompts: Vec<String>,
    /// The entry of the accepted list that lets it pass, by its place from 0.
    pub accepted_by: Option<usize>,
    /// Whether it came in the noise arm too, to the letter.
    pub in_noise: bool,
}

impl Findings {
    /// The differences of `campaign`.
    pub fn of(campaign: &Campaign, rules: &Rules, accepted: &Accepted) -> Self {
        let candidate = found(&campaign.pairs, rules, accepted);
        let noise = found(&campaign.noise, rules, accepted);
        let seen: BTreeSet<Class> =
            candidate.iter().chain(&noise).map(|found| found.divergence.class).collect();
        let rates = |class: Class| class_rates(class, campaign, &candidate, &noise);
        Self {
            pairs: campaign.pairs.len(),
            noise_pairs: campaign.noise.len(),
            classes: seen.into_iter().map(rates).collect(),
            distinct: distinct(&campaign.pairs, &candidate, &noise),
        }
    }
}

/// A difference, and in which pair it came.
struct Found {
    pair: usize,
    divergence: Divergence,
    accepted_by: Option<usize>,
}

fn found(pairs: &[Pair], rules: &Rules, accepted: &Accepted) -> Vec<Found> {
    let of = |(pair, it): (usize, &Pair)| {
        let found = compare(&it.baseline, &it.candidate, rules).into_iter();
        found
            .map(move |divergence| Found { pair, accepted_by: accepted.entry_for(&divergence), divergence })
            .collect::<Vec<_>>()
    };
    pairs.iter().enumerate().flat_map(of).collect()
}

/// Pairs with a difference of `class` that counts.
fn counting(class: Class, found: &[Found]) -> BTreeSet<usize> {
    let counts = |found: &&Found| found.divergence.class == class && found.accepted_by.is_none();
    found.iter().filter(counts).map(|found| found.pair).collect()
}

fn class_rates(class: Class, campaign: &Campaign, candidate: &[Found], noise: &[Found]) -> ClassRates {
    let count = counting(class, candidate);
    let any: BTreeSet<usize> =
        candidate.iter().filter(|found| found.divergence.class == class).map(|found| found.pair).collect();
    let rate = Rate::new(count.len(), campaign.pairs.len());
    let noise = Rate::new(counting(class, noise).len(), campaign.noise.len());
    ClassRates {
        class,
        candidate: rate,
        noise,
        accepted: any.difference(&count).count(),
        over_noise: rate.over(&noise, 0.95),
        p_over_noise: rate.p_higher_than(&noise),
    }
}

fn distinct(pairs: &[Pair], candidate: &[Found], noise: &[Found]) -> Vec<Distinct> {
    let natural: BTreeSet<&str> = noise.iter().map(|found| found.divergence.signature.as_str()).collect();
    let mut by_signature: BTreeMap<&str, Distinct> = BTreeMap::new();
    for found in candidate {
        let signature = found.divergence.signature.as_str();
        let distinct = by_signature.entry(signature).or_insert_with(|| Distinct {
            first: found.divergence.clone(),
            count: 0,
            prompts: Vec::new(),
            accepted_by: found.accepted_by,
            in_noise: natural.contains(signature),
        });
        distinct.count += 1;
        let prompt = &pairs[found.pair].prompt;
        if distinct.prompts.last() != Some(prompt) {
            distinct.prompts.push(prompt.clone());
        }
    }
    let mut all: Vec<Distinct> = by_signature.into_values().collect();
    all.sort_by_key(|distinct| std::cmp::Reverse(distinct.count));
    all
}

/// Pairs with a difference that counts, of one of `classes`, by class in which the noise arm never differs.
pub(crate) fn hard_pairs(campaign: &Campaign, rules: &Rules, accepted: &Accepted, hard: &[Class]) -> Rate {
    let found = found(&campaign.pairs, rules, accepted);
    let pairs: BTreeSet<usize> = hard.iter().flat_map(|class| counting(*class, &found)).collect();
    Rate::new(pairs.len(), campaign.pairs.len())
}
