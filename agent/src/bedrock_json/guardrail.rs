//! The guardrail trace: assessments of input and output, policy by policy. A long file of vocabulary, no logic.

use std::collections::HashMap;

use aws_sdk_bedrockruntime::types as sdk;
use serde_json::{Map, Value};

use super::obj::{Obj, list, one, opt_list, unknown};

/// `trace.guardrail` as the service writes it.
pub(super) fn guardrail_trace(trace: &sdk::GuardrailTraceAssessment) -> Value {
    Obj::new()
        .opt("actionReason", trace.action_reason.as_deref())
        .opt("inputAssessment", trace.input_assessment.as_ref().map(|map| by_key(map, assessment)))
        .opt("modelOutput", opt_list(&trace.model_output, |text| text.as_str().into()))
        .opt(
            "outputAssessments",
            trace.output_assessments.as_ref().map(|map| by_key(map, |items| list(items, assessment))),
        )
        .done()
}

fn by_key<T>(map: &HashMap<String, T>, f: impl Fn(&T) -> Value) -> Value {
    let mut members: Map<String, Value> = map.iter().map(|(key, value)| (key.clone(), f(value))).collect();
    members.sort_keys();
    Value::Object(members)
}

fn assessment(it: &sdk::GuardrailAssessment) -> Value {
    Obj::new()
        .opt("appliedGuardrailDetails", it.applied_guardrail_details.as_ref().map(applied))
        .opt("automatedReasoningPolicy", it.automated_reasoning_policy.as_ref().map(reasoning_policy))
        .opt(
            "contentPolicy",
            it.content_policy
                .as_ref()
                .map(|policy| Obj::new().filled("filters", &policy.filters, content_filter).done()),
        )
        .opt(
            "contextualGroundingPolicy",
            it.contextual_grounding_policy
                .as_ref()
                .map(|policy| Obj::new().opt("filters", opt_list(&policy.filters, grounding_filter)).done()),
        )
        .opt("invocationMetrics", it.invocation_metrics.as_ref().map(invocation_metrics))
        .opt("sensitiveInformationPolicy", it.sensitive_information_policy.as_ref().map(sensitive_policy))
        .opt(
            "topicPolicy",
            it.topic_policy.as_ref().map(|policy| Obj::new().filled("topics", &policy.topics, topic).done()),
        )
        .opt("wordPolicy", it.word_policy.as_ref().map(word_policy))
        .done()
}

fn applied(it: &sdk::AppliedGuardrailDetails) -> Value {
    Obj::new()
        .opt("guardrailArn", it.guardrail_arn.as_deref())
        .opt("guardrailId", it.guardrail_id.as_deref())
        .opt("guardrailOrigin", opt_list(&it.guardrail_origin, |origin| origin.as_str().into()))
        .opt("guardrailOwnership", it.guardrail_ownership.as_ref().map(sdk::GuardrailOwnership::as_str))
        .opt("guardrailVersion", it.guardrail_version.as_deref())
        .done()
}

fn topic(it: &sdk::GuardrailTopic) -> Value {
    Obj::new()
        .put("action", it.action.as_str())
        .opt("detected", it.detected)
        .put("name", it.name.as_str())
        .put("type", it.r#type.as_str())
        .done()
}

fn content_filter(it: &sdk::GuardrailContentFilter) -> Value {
    Obj::new()
        .put("action", it.action.as_str())
        .put("confidence", it.confidence.as_str())
        .opt("detected", it.detected)
        .opt("filterStrength", it.filter_strength.as_ref().map(sdk::GuardrailContentFilterStrength::as_str))
        .put("type", it.r#type.as_str())
        .done()
}

fn grounding_filter(it: &sdk::GuardrailContextualGroundingFilter) -> Value {
    Obj::new()
        .put("action", it.action.as_str())
        .opt("detected", it.detected)
        .put("score", it.score)
        .put("threshold", it.threshold)
        .put("type", it.r#type.as_str())
        .done()
}

fn word_policy(it: &sdk::GuardrailWordPolicyAssessment) -> Value {
    let custom = |word: &sdk::GuardrailCustomWord| {
        Obj::new()
            .put("action", word.action.as_str())
            .opt("detected", word.detected)
            .put("match", word.r#match.as_str())
            .done()
    };
    let managed = |word: &sdk::GuardrailManagedWord| {
        Obj::new()
            .put("action", word.action.as_str())
            .opt("detected", word.detected)
            .put("match", word.r#match.as_str())
            .put("type", word.r#type.as_str())
            .done()
    };
    Obj::new()
        .filled("customWords", &it.custom_words, custom)
        .filled("managedWordLists", &it.managed_word_lists, managed)
        .done()
}

fn sensitive_policy(it: &sdk::GuardrailSensitiveInformationPolicyAssessment) -> Value {
    let entity = |entity: &sdk::GuardrailPiiEntityFilter| {
        Obj::new()
            .put("action", entity.action.as_str())
            .opt("detected", entity.detected)
            .put("match", entity.r#match.as_str())
            .put("type", entity.r#type.as_str())
            .done()
    };
    let regex = |regex: &sdk::GuardrailRegexFilter| {
        Obj::new()
            .put("action", regex.action.as_str())
            .opt("detected", regex.detected)
            .opt("match", regex.r#match.as_deref())
            .opt("name", regex.name.as_deref())
            .opt("regex", regex.regex.as_deref())
            .done()
    };
    Obj::new().filled("piiEntities", &it.pii_entities, entity).filled("regexes", &it.regexes, regex).done()
}

fn invocation_metrics(it: &sdk::GuardrailInvocationMetrics) -> Value {
    let coverage = it.guardrail_coverage.as_ref().map(|coverage| {
        let part = |guarded, total| Obj::new().opt("guarded", guarded).opt("total", total).done();
        Obj::new()
            .opt("images", coverage.images.as_ref().map(|it| part(it.guarded, it.total)))
            .opt("textCharacters", coverage.text_characters.as_ref().map(|it| part(it.guarded, it.total)))
            .done()
    });
    Obj::new()
        .opt("guardrailCoverage", coverage)
        .opt("guardrailProcessingLatency", it.guardrail_processing_latency)
        .opt("usage", it.usage.as_ref().map(guardrail_usage))
        .done()
}

fn guardrail_usage(it: &sdk::GuardrailUsage) -> Value {
    Obj::new()
        .opt("automatedReasoningPolicies", it.automated_reasoning_policies)
        .opt("automatedReasoningPolicyUnits", it.automated_reasoning_policy_units)
        .opt("contentPolicyImageUnits", it.content_policy_image_units)
        .put("contentPolicyUnits", it.content_policy_units)
        .put("contextualGroundingPolicyUnits", it.contextual_grounding_policy_units)
        .put("sensitiveInformationPolicyFreeUnits", it.sensitive_information_policy_free_units)
        .put("sensitiveInformationPolicyUnits", it.sensitive_information_policy_units)
        .put("topicPolicyUnits", it.topic_policy_units)
        .put("wordPolicyUnits", it.word_policy_units)
        .done()
}

fn reasoning_policy(it: &sdk::GuardrailAutomatedReasoningPolicyAssessment) -> Value {
    Obj::new().opt("findings", opt_list(&it.findings, finding)).done()
}

fn finding(it: &sdk::GuardrailAutomatedReasoningFinding) -> Value {
    use sdk::GuardrailAutomatedReasoningFinding as F;
    match it {
        F::Valid(it) => one(
            "valid",
            Obj::new()
                .opt("claimsTrueScenario", it.claims_true_scenario.as_ref().map(scenario))
                .opt("logicWarning", it.logic_warning.as_ref().map(logic_warning))
                .opt("supportingRules", opt_list(&it.supporting_rules, rule))
                .opt("translation", it.translation.as_ref().map(translation))
                .done(),
        ),
        F::Invalid(it) => one(
            "invalid",
            contradiction(&it.contradicting_rules, it.logic_warning.as_ref(), it.translation.as_ref()),
        ),
        F::Impossible(it) => one(
            "impossible",
            contradiction(&it.contradicting_rules, it.logic_warning.as_ref(), it.translation.as_ref()),
        ),
        F::Satisfiable(it) => one(
            "satisfiable",
            Obj::new()
                .opt("claimsFalseScenario", it.claims_false_scenario.as_ref().map(scenario))
                .opt("claimsTrueScenario", it.claims_true_scenario.as_ref().map(scenario))
                .opt("logicWarning", it.logic_warning.as_ref().map(logic_warning))
                .opt("translation", it.translation.as_ref().map(translation))
                .done(),
        ),
        F::TranslationAmbiguous(it) => {
            let option = |option: &sdk::GuardrailAutomatedReasoningTranslationOption| {
                Obj::new().opt("translations", opt_list(&option.translations, translation)).done()
            };
            one(
                "translationAmbiguous",
                Obj::new()
                    .opt("differenceScenarios", opt_list(&it.difference_scenarios, scenario))
                    .opt("options", opt_list(&it.options, option))
                    .done(),
            )
        }
        F::TooComplex(_) => one("tooComplex", Obj::new().done()),
        F::NoTranslations(_) => one("noTranslations", Obj::new().done()),
        _ => unknown(),
    }
}

fn contradiction(
    rules: &Option<Vec<sdk::GuardrailAutomatedReasoningRule>>,
    warning: Option<&sdk::GuardrailAutomatedReasoningLogicWarning>,
    translated: Option<&sdk::GuardrailAutomatedReasoningTranslation>,
) -> Value {
    Obj::new()
        .opt("contradictingRules", opt_list(rules, rule))
        .opt("logicWarning", warning.map(logic_warning))
        .opt("translation", translated.map(translation))
        .done()
}

fn rule(it: &sdk::GuardrailAutomatedReasoningRule) -> Value {
    Obj::new()
        .opt("identifier", it.identifier.as_deref())
        .opt("policyVersionArn", it.policy_version_arn.as_deref())
        .done()
}

fn scenario(it: &sdk::GuardrailAutomatedReasoningScenario) -> Value {
    Obj::new().opt("statements", opt_list(&it.statements, statement)).done()
}

fn statement(it: &sdk::GuardrailAutomatedReasoningStatement) -> Value {
    Obj::new().opt("logic", it.logic.as_deref()).opt("naturalLanguage", it.natural_language.as_deref()).done()
}

fn logic_warning(it: &sdk::GuardrailAutomatedReasoningLogicWarning) -> Value {
    Obj::new()
        .opt("claims", opt_list(&it.claims, statement))
        .opt("premises", opt_list(&it.premises, statement))
        .opt("type", it.r#type.as_ref().map(sdk::GuardrailAutomatedReasoningLogicWarningType::as_str))
        .done()
}

fn translation(it: &sdk::GuardrailAutomatedReasoningTranslation) -> Value {
    let reference = |it: &sdk::GuardrailAutomatedReasoningInputTextReference| {
        Obj::new().opt("text", it.text.as_deref()).done()
    };
    Obj::new()
        .opt("claims", opt_list(&it.claims, statement))
        .opt("confidence", it.confidence)
        .opt("premises", opt_list(&it.premises, statement))
        .opt("untranslatedClaims", opt_list(&it.untranslated_claims, reference))
        .opt("untranslatedPremises", opt_list(&it.untranslated_premises, reference))
        .done()
}
