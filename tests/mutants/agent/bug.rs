//! The bugs that `--bug NAME` puts into this agent, one at a time: each a thing that real agents and SDKs did.
//!
//! Only the list lives here; the code that a bug changes asks [`Bug::is`] at one place.

/// Declares the bugs: what goes wrong, its name on the command line, and public threads that it stands for.
macro_rules! bugs {
    ($($(#[doc = $what:literal])+ $variant:ident = $name:literal, $seen:literal;)+) => {
        /// A single bug, or none.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Bug {
            /// The clean agent.
            None,
            $($(#[doc = $what])+ $variant,)+
        }

        /// Every bug with its name, what it does, and where it was seen.
        pub(crate) const ALL: &[(Bug, &str, &str, &str)] =
            &[$((Bug::$variant, $name, concat!($($what),+), $seen),)+];
    };
}

bugs! {
    // Inside the stream.
    /// An exception frame ends the stream like any other end, and what was there is the answer.
    IgnoresExceptions = "ignores-exceptions", "vercel/ai#19034";
    /// The end of the body is taken for the end of the message.
    EofIsDone = "eof-is-done", "BerriAI/litellm#32159";
    /// Usage figures are taken for the end of the message.
    MetadataIsDone = "metadata-is-done", "anomalyco/opencode#46065";
    /// A connection that breaks in the middle of an answer ends it.
    ResetIsDone = "reset-is-done", "continuedev/continue#9545";
    /// Silence in the middle of an answer ends it.
    SilenceIsDone = "silence-is-done", "Exafunction/codeium#349";
    /// Closed tool calls run although the message never ended.
    RunsUnfinished = "runs-unfinished", "aaif-goose/goose#9579";
    /// The input of a tool is parsed at its first fragment; what follows is lost.
    ParsesEarly = "parses-early", "crewAIInc/crewAI#6150";
    /// Fragments of all tool calls of a message are joined.
    JoinsFragments = "joins-fragments", "langgraph4j/langgraph4j#196";
    /// A fragment belongs to the block that started last, whatever its contentBlockIndex says.
    IgnoresIndex = "ignores-index", "NousResearch/hermes-agent#107472";
    /// Indexes are places in a list without gaps; any other index is a crash.
    DenseIndexes = "dense-indexes", "danny-avila/LibreChat#10647";
    /// The last fragment of a block is lost.
    DropsLastDelta = "drops-last-delta", "anomalyco/opencode#46281";
    /// Text blocks are set up by their first delta, whose text is lost.
    DropsFirstDelta = "drops-first-delta", "BerriAI/litellm#24767";
    /// An unknown event or member crashes the reader.
    CrashesOnUnknown = "crashes-on-unknown", "pydantic/pydantic-ai#5774";
    /// An error after messageStop throws the whole answer away and asks again.
    RetriesAfterStop = "retries-after-stop", "sudoprivacy/sudocode#576";
    /// No limit for the silence between two events.
    HangsOnStall = "hangs-on-stall", "anthropics/claude-code#29344";
    /// No limit for the silence before the first event.
    HangsOnFirstEvent = "hangs-on-first-event", "anthropics/claude-code#49716";

    // Trying again.
    /// A request that is wrong is sent again.
    RetriesBadRequests = "retries-bad-requests", "IstiN/dmtools-agents#338";
    /// A quota of the day is waited for by the second.
    RetriesDailyQuota = "retries-daily-quota", "Ivy-Interactive/Ivy-Tendril#1756";
    /// Who is interrupted goes on.
    IgnoresInterrupts = "ignores-interrupts", "strands-agents/harness-sdk#3224";
    /// The next attempt follows at once.
    RetriesAtOnce = "retries-at-once", "aws/aws-sdk-net#4341";
    /// Every wait is equally long, to the millisecond.
    RetriesInStep = "retries-in-step", "anthropics/claude-code#79522";
    /// Attempts are not counted.
    RetriesForever =
        "retries-forever", "aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws#895";
    /// A throttle is final.
    NoRetryOn429 = "no-retry-on-429", "strands-agents/agent-builder#31";
    /// A service that is unavailable is final.
    NoRetryOn503 = "no-retry-on-503", "strands-agents/harness-sdk#370";
    /// Retries end where the stream begins.
    NoRetryInStream = "no-retry-in-stream", "maximhq/bifrost#2480";
    /// Text is printed as it comes, and comes again with the next attempt.
    ShowsBothAttempts = "shows-both-attempts", "NousResearch/hermes-agent#72837";
    /// A failed model call runs the tools before it again.
    RerunsTools = "reruns-tools", "agno-agi/agno#10366";

    // Tools.
    /// Only the last of several tool calls gets a result.
    AnswersOneTool = "answers-one-tool", "agno-agi/agno#6698";
    /// Each result is a user message of its own.
    SeparateResults = "separate-results", "vercel/ai#3071";
    /// An unknown tool name is a crash.
    CrashesOnUnknownTool = "crashes-on-unknown-tool", "openai/openai-agents-python#2204";
    /// Input that is no JSON object is a crash.
    CrashesOnBadInput = "crashes-on-bad-input", "usestrix/strix#623";
    /// Input that is cut off is repaired, and the tool runs with whatever is there.
    RepairsInput = "repairs-input", "LibreChat-AI/agents#280";
    /// Tools run although max_tokens stopped the message.
    RunsCutCalls = "runs-cut-calls", "aws-samples/bedrock-engineer#12";
    /// Tools run although a guardrail stopped the message.
    RunsBlockedCalls = "runs-blocked-calls", "LibreChat-AI/agents#335";
    /// Without the stop reason tool_use no tool runs.
    StopReasonRules = "stop-reason-rules", "strands-agents/harness-sdk#767";
    /// The stop reason tool_use without a tool call is answered with an empty user message.
    EmptyUserMessage = "empty-user-message", "strands-rl/strands-env#252";
    /// The same call with the same input goes on for ever.
    LoopsForever = "loops-forever", "bytedance/deer-flow#1055";

    // Tools that somebody else serves.
    /// A tool whose result was lost runs again.
    RetriesLostTools = "retries-lost-tools", "langchain-ai/langchain#40686";
    /// No limit for the time that a tool takes.
    NoToolTimeout = "no-tool-timeout", "strands-agents/harness-sdk#4403";
    /// A result goes back however long it is, and whatever it is made of.
    SendsResultsWhole = "sends-results-whole", "strands-agents/harness-sdk#1712";
    /// A result that is an empty text goes back as one.
    SendsEmptyResults = "sends-empty-results", "NousResearch/hermes-agent#55092";
    /// A number, a list or null goes back as JSON.
    ScalarResultsAsJson = "scalar-results-as-json", "deepset-ai/haystack-core-integrations#3766";
    /// A long result is cut at a byte, also within a character.
    CutsCharacters = "cuts-characters", "anthropics/claude-code#69927";
    /// A picture goes back however large it is.
    SendsBigPictures = "sends-big-pictures", "aws/amazon-q-developer-cli#3912";
    /// Every picture of the conversation stays in it.
    KeepsEveryPicture = "keeps-every-picture", "cline/cline#1844";
    /// A picture goes back inside the result also to models that take pictures beside it only.
    PicturesInResults = "pictures-in-results", "anomalyco/opencode#50272";

    // History.
    /// Reasoning is replayed without its signature.
    LosesSignature = "loses-signature", "cline/cline#9424";
    /// Redacted reasoning is not replayed.
    DropsRedacted = "drops-redacted", "earendil-works/pi#8314";
    /// Reasoning is not replayed at all.
    DropsReasoning = "drops-reasoning", "RooCodeInc/Roo-Code#11238";
    /// Blank text stays in the history.
    KeepsBlankText = "keeps-blank-text", "laravel/ai#785";
    /// An empty input is replayed as an empty string.
    EmptyInputIsString = "empty-input-is-string", "BerriAI/litellm#18414";
    /// Requests that carry tool results offer no tools.
    DropsToolConfig = "drops-tool-config", "langgenius/dify#17545";
    /// Error results have no text.
    EmptyErrorResult =
        "empty-error-result", "aws-samples/sample-multi-agent-orchestration-chat-on-agentcore#15";
    /// Names that Bedrock refuses are replayed as they came.
    KeepsIllegalNames = "keeps-illegal-names", "strands-agents/harness-sdk#1069";
    /// Ids that Bedrock refuses are replayed as they came.
    KeepsAlienIds = "keeps-alien-ids", "maximhq/bifrost#6300";
    /// Two calls under one id are replayed under one id.
    KeepsDuplicateIds = "keeps-duplicate-ids", "double16/Cyber-AutoAgent-ng#27";
    /// What there was of a failed turn stays in the history.
    KeepsHalfMessages = "keeps-half-messages", "strands-agents/harness-sdk#859";

    // What the caller learns.
    /// A failed run says nothing.
    SwallowsError = "swallows-error", "vercel/ai#19318";
    /// The request id does not reach the caller.
    LosesRequestId = "loses-request-id", "ankit373/hydra#880";
    /// A failed run exits with 0.
    ExitsZero = "exits-zero", "RooCodeInc/Roo-Code#5050";
    /// An answer that a guardrail stopped is an answer.
    GuardrailIsSuccess = "guardrail-is-success", "NousResearch/hermes-agent#107815";
    /// A stop reason that nobody knows is a good one.
    UnknownStopIsSuccess = "unknown-stop-is-success", "agentjido/req_llm#1033";
    /// A message without text is an answer.
    EmptyIsSuccess = "empty-is-success", "anomalyco/opencode#46596";
    /// Usage is counted twice.
    CountsUsageTwice = "counts-usage-twice", "maximhq/bifrost#6942";
    /// Unknown usage is counted as none.
    UnknownUsageIsZero = "unknown-usage-is-zero", "calebevans/mulder#205";
}

impl Bug {
    /// The bug by its name on the command line.
    pub(crate) fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|(_, own, ..)| *own == name).map(|(bug, ..)| *bug)
    }

    /// Whether it is this one.
    pub(crate) fn is(self, other: Self) -> bool {
        self == other
    }
}
