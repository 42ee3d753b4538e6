//! What is let pass, and what is not let pass any more.

use faultline_shadow::{
    Acceptance, Accepted, Campaign, Class, Date, Findings, Pair, Refusal, Rules, Transcript, compare,
};

use crate::support::answer;

fn today() -> Date {
    "2026-06-15".parse().unwrap()
}

fn changed() -> Transcript {
    Transcript { text: "Both ship tomorrow.".to_owned(), ..answer() }
}

fn entry() -> Acceptance {
    let signature = compare(&answer(), &changed(), &Rules::default())[0].signature.clone();
    let expires = Some("2026-06-15".parse().unwrap());
    Acceptance {
        signature: Some(signature),
        reason: "the clock of the tool".to_owned(),
        expires,
        ..Acceptance::default()
    }
}

fn by_pattern(pattern: &str) -> Acceptance {
    let pattern = Some(pattern.to_owned());
    Acceptance { signature: None, class: Some(Class::FinalText), pattern, ..entry() }
}

/// Whether the entry lets the change pass, and why it does not count.
fn check(entry: Acceptance, passes: bool, why: Option<&Refusal>) {
    let (accepted, refused) = Accepted::on(today(), &[entry]);
    let divergence = &compare(&answer(), &changed(), &Rules::default())[0];
    assert_eq!(accepted.entry_for(divergence).is_some(), passes);
    assert_eq!(refused.first().map(|it| &it.why), why);
}

#[test]
fn an_entry_counts_with_a_name_a_reason_and_a_day_that_is_not_over() {
    check(entry(), true, None);
    check(by_pattern("today.*tomorrow"), true, None);
    check(by_pattern("never said"), false, None);
    check(Acceptance { class: Some(Class::Usage), ..by_pattern("tomorrow") }, false, None);
    check(Acceptance { reason: " ".to_owned(), ..entry() }, false, Some(&Refusal::NoReason));
    check(Acceptance { expires: None, ..entry() }, false, Some(&Refusal::NoExpiry));
    let over: Date = "2026-06-14".parse().unwrap();
    check(Acceptance { expires: Some(over), ..entry() }, false, Some(&Refusal::Expired(over)));
    check(Acceptance { signature: None, ..entry() }, false, Some(&Refusal::NamesNothing));
    check(Acceptance { pattern: Some("x".to_owned()), ..entry() }, false, Some(&Refusal::NamesNothing));
    let (_, refused) = Accepted::on(today(), &[by_pattern("(")]);
    assert!(matches!(refused[0].why, Refusal::BadPattern(_)));
}

#[test]
fn days_are_days() {
    let check = |text: &str, is: bool| assert_eq!(text.parse::<Date>().is_ok(), is, "{text}");
    check("2024-02-29", true);
    check("2026-02-29", false);
    check("2026-04-31", false);
    check("2026-13-01", false);
    check("2026-1-01", false);
    check("+026-01-01", false);
    check("2026-01-01T00", false);
    assert_eq!(today().to_string(), "2026-06-15");
}

#[test]
fn findings_count_by_pair_deduplicate_and_stand_beside_the_noise() {
    let pair = |candidate: Transcript| Pair { prompt: "orders".to_owned(), baseline: answer(), candidate };
    let same = || pair(answer());
    let pairs = vec![pair(changed()), same(), pair(changed()), pair(Transcript { turns: 3, ..answer() })];
    let campaign = Campaign { pairs, noise: vec![pair(changed()), same()] };
    let findings = Findings::of(&campaign, &Rules::default(), &Accepted::default());
    let text = &findings.classes[0];
    assert_eq!((text.class, text.candidate.count, text.noise.count), (Class::FinalText, 2, 1));
    assert!(text.over_noise.interval.holds(0.0) && text.p_over_noise > 0.05, "within the noise: {text:?}");
    assert_eq!((findings.distinct[0].count, findings.distinct[0].in_noise), (2, true));
    assert_eq!((findings.distinct[1].first.class, findings.distinct[1].in_noise), (Class::Turns, false));

    let (accepted, _) = Accepted::on(today(), &[entry()]);
    let findings = Findings::of(&campaign, &Rules::default(), &accepted);
    assert_eq!((findings.classes[0].candidate.count, findings.classes[0].accepted), (0, 2));
    assert_eq!(findings.distinct[0].accepted_by, Some(0));
}
