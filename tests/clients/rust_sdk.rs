//! The AWS SDK for Rust as a judge, in this process: the same case in, the same outcome out as the drivers of the
//! other languages. `http://` is HTTP/1.1, `https://` HTTP/2 by ALPN.
//!
//! It knows no server.

use std::error::Error;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::http::HttpResponse;
use aws_sdk_bedrockruntime::config::interceptors::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_sdk_bedrockruntime::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_bedrockruntime::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamOutput;
use aws_sdk_bedrockruntime::types as sdk;
use faultline_agent::bedrock_json::{converse_output, stream_event};
use faultline_agent::client::{ClientSettings, client};
use serde_json::Value;
use tokio::spawn;
use tokio::time::{sleep, timeout};

use crate::driver::{ClientError, During, Event, Outcome};
use crate::rust_request::{Failed, Request};

/// The longest that one case may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs one case to its outcome.
pub(crate) async fn run(case: &Value) -> Outcome {
    let mut call = Call::new(case);
    let limit = case["limit_ms"].as_u64().map_or(LIMIT, Duration::from_millis);
    let done = timeout(limit, call.run(case)).await;
    let failed = match done {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(("DriverError", error.to_string())),
        Err(_) => Some(("DriverTimeout", format!("no answer in {limit:?}"))),
    };
    if let Some((class, message)) = failed {
        call.fail(class.to_owned(), None, message);
    }
    call.finish()
}

/// One call on its way: what was seen so far, kept even when it fails half way.
struct Call {
    began: Instant,
    during: During,
    outcome: Outcome,
    watch: Watch,
}

impl Call {
    fn new(case: &Value) -> Self {
        let id = case["id"].as_str().map(str::to_owned);
        let outcome = Outcome { id, ..Outcome::default() };
        Self { began: Instant::now(), during: During::Call, outcome, watch: Watch::default() }
    }

    async fn run(&mut self, case: &Value) -> Result<(), Failed> {
        let client = client(&settings(case)?)?;
        let request = Request::of(&case["request"])?;
        self.began = Instant::now();
        for _ in 1..case["client"]["calls"].as_u64().unwrap_or(1) {
            self.call(&client, request.clone(), case).await?;
            if self.outcome.error.is_some() {
                return Ok(());
            }
            sleep(Duration::from_millis(case["client"]["pause_ms"].as_u64().unwrap_or(0))).await;
            self.forget_answer();
        }
        let others: Vec<_> = (1..case["client"]["parallel"].as_u64().unwrap_or(1))
            .map(|_| spawn(companion(client.clone(), request.clone(), case.clone(), self.watch.clone())))
            .collect();
        self.call(&client, request, case).await?;
        for other in others {
            let error = other.await??.error;
            self.outcome.error = self.outcome.error.take().or(error);
        }
        Ok(())
    }

    /// The next call has the word; only its attempts are added to those before.
    fn forget_answer(&mut self) {
        self.during = During::Call;
        self.outcome.events.clear();
        self.outcome.output = None;
    }

    async fn call(&mut self, client: &Client, request: Request, case: &Value) -> Result<(), Failed> {
        match case["operation"].as_str() {
            Some("Converse") => {
                let call = client
                    .converse()
                    .model_id(request.model_id)
                    .set_messages(Some(request.messages))
                    .set_tool_config(request.tools);
                match call.customize().interceptor(self.watch.clone()).send().await {
                    Ok(answer) => {
                        self.outcome.timing.first_ms = Some(self.elapsed_ms());
                        self.outcome.output = Some(converse_output(&answer));
                    }
                    Err(error) => self.refused(&error),
                }
            }
            Some("ConverseStream") => {
                let call = client
                    .converse_stream()
                    .model_id(request.model_id)
                    .set_messages(Some(request.messages))
                    .set_tool_config(request.tools);
                match call.customize().interceptor(self.watch.clone()).send().await {
                    Ok(stream) => self.read(stream, case["client"]["stop_after_events"].as_u64()).await,
                    Err(error) => self.refused(&error),
                }
            }
            other => return Err(format!("no operation {other:?}").into()),
        }
        Ok(())
    }

    async fn read(&mut self, mut output: ConverseStreamOutput, stop_after: Option<u64>) {
        self.during = During::Stream;
        loop {
            match output.stream.recv().await {
                Ok(Some(event)) => self.event(&event),
                Ok(None) => return,
                Err(error) => return self.refused(&error),
            }
            if stop_after == Some(self.outcome.events.len() as u64) {
                return;
            }
        }
    }

    fn event(&mut self, event: &sdk::ConverseStreamOutput) {
        let at_ms = self.elapsed_ms();
        let (kind, payload) = stream_event(event);
        self.outcome.timing.first_ms.get_or_insert(at_ms);
        self.outcome.events.push(Event { kind: kind.to_owned(), payload, at_ms });
    }

    /// The class is the variant: of the service's error if it is one, else of the SDK's.
    fn refused<E, R>(&mut self, error: &SdkError<E, R>)
    where
        E: ProvideErrorMetadata + Error + 'static,
        R: Debug + 'static,
    {
        let class = match error {
            SdkError::ServiceError(service) => variant(service.err()),
            _ => variant(error),
        };
        let message = error.message().map_or_else(|| chain(error), str::to_owned);
        self.fail(class, error.code().map(str::to_owned), message);
    }

    fn fail(&mut self, class: String, code: Option<String>, message: String) {
        self.outcome.error = Some(ClientError { class, code, message, during: self.during });
    }

    fn elapsed_ms(&self) -> f64 {
        self.began.elapsed().as_secs_f64() * 1e3
    }

    fn finish(mut self) -> Outcome {
        let seen = self.watch.seen().clone();
        self.outcome.timing.total_ms = self.elapsed_ms();
        Outcome { attempts: seen.attempts, status: seen.status, request_id: seen.request_id, ..self.outcome }
    }
}

/// A call beside another one, by the same client.
async fn companion(client: Client, request: Request, case: Value, watch: Watch) -> Result<Outcome, Failed> {
    let mut call = Call { watch, ..Call::new(&case) };
    call.call(&client, request, &case).await?;
    Ok(call.outcome)
}

/// The name of a variant: what its debug form begins with.
fn variant(error: &impl Debug) -> String {
    format!("{error:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

/// An error and its sources, outermost first.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Counts what really goes out, and keeps the head of the last answer.
#[derive(Debug, Clone, Default)]
struct Watch(Arc<Mutex<Heads>>);

#[derive(Debug, Clone, Default)]
struct Heads {
    attempts: u32,
    status: Option<u16>,
    request_id: Option<String>,
}

impl Watch {
    fn seen(&self) -> MutexGuard<'_, Heads> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Watch"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut seen = self.seen();
        *seen = Heads { attempts: seen.attempts + 1, ..Heads::default() };
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response: &HttpResponse = context.response();
        let mut seen = self.seen();
        seen.status = Some(response.status().as_u16());
        seen.request_id = response.request_id().map(str::to_owned);
        Ok(())
    }
}

fn settings(case: &Value) -> Result<ClientSettings, Failed> {
    let wanted = &case["client"];
    let defaults = ClientSettings::default();
    let bundle = wanted["ca_bundle"].as_str().map(std::fs::read).transpose()?;
    let attempts = wanted["max_attempts"].as_u64().map(u32::try_from).transpose()?;
    Ok(ClientSettings {
        endpoint_url: case["endpoint"].as_str().map(str::to_owned),
        bearer_token: wanted["bearer"].as_str().map(str::to_owned),
        ca_bundle_pem: bundle,
        max_attempts: attempts.unwrap_or(defaults.max_attempts),
        read_timeout: wanted["read_timeout_ms"].as_u64().map(Duration::from_millis),
        ..defaults
    })
}
