//! Events over gRPC, and orders beside them: server streaming, on the port of the other transports.

mod convert;
#[rustfmt::skip]
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::semicolon_if_nothing_returned,
    reason = "generated from proto/agent.proto"
)]
mod proto;

use std::pin::Pin;
use std::sync::Arc;

use futures_util::stream::{self, Stream, StreamExt as _};
use tonic::{Code, Request, Response, Status};

use super::batches::Batches;
use super::control::{Control, control};
use super::refusal::Refusal;
use super::service::{Ask, Service, place};
use super::watcher::Watcher;
use proto::agent_server::{Agent, AgentServer};
use proto::control_request::Order;
use proto::{ControlRequest, ControlResponse, Event, ResumeRequest, RunRequest};

/// Where its methods are.
pub(super) const PATH: &str = "/faultline.agent.v1.Agent/{method}";

/// All methods.
pub(super) fn service(service: &Arc<Service>) -> AgentServer<Grpc> {
    AgentServer::new(Grpc(service.clone()))
}

/// The methods over what all transports share.
pub(super) struct Grpc(Arc<Service>);

type Events = Pin<Box<dyn Stream<Item = Result<Event, Status>> + Send>>;

#[tonic::async_trait]
impl Agent for Grpc {
    type RunStream = Events;
    type ResumeStream = Events;

    async fn run(&self, request: Request<RunRequest>) -> Result<Response<Events>, Status> {
        let RunRequest { prompt, session, user } = request.into_inner();
        Ok(self.events(self.0.start(Ask { prompt, session, user })?))
    }

    async fn resume(&self, request: Request<ResumeRequest>) -> Result<Response<Events>, Status> {
        let place = place(&request.get_ref().after).ok_or_else(Refusal::unknown)?;
        Ok(self.events(self.0.resume(place)?))
    }

    async fn control(&self, request: Request<ControlRequest>) -> Result<Response<ControlResponse>, Status> {
        let ControlRequest { execution, order } = request.into_inner();
        let order = order.ok_or_else(|| Status::invalid_argument("an order says what to do"))?;
        control(&*self.0.find(&execution)?, &order.into()).map_err(Refusal::from)?;
        Ok(Response::new(ControlResponse {}))
    }
}

impl Grpc {
    fn events(&self, watcher: Watcher) -> Response<Events> {
        let batches = Batches::new(watcher, &self.0.settings);
        let groups = stream::unfold(batches, async |mut batches| {
            let all = batches.next().await?;
            let events: Vec<_> =
                all.iter().map(|sent| Ok(convert::event(batches.execution(), sent))).collect();
            Some((stream::iter(events), batches))
        });
        Response::new(Box::pin(groups.flatten()))
    }
}

impl From<Order> for Control {
    fn from(order: Order) -> Self {
        match order {
            Order::Cancel(_) => Self::Cancel {},
            Order::CancelTool(order) => Self::CancelTool { tool_use_id: order.tool_use_id },
            Order::Redirect(order) => Self::Redirect { text: order.text },
            Order::Answer(order) => Self::Answer { tool_use_id: order.tool_use_id, text: order.text },
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal.status.as_u16() {
            400 => Code::InvalidArgument,
            404 => Code::NotFound,
            409 => Code::FailedPrecondition,
            503 => Code::ResourceExhausted,
            _ => Code::Unknown,
        };
        Self::new(code, refusal.message)
    }
}
