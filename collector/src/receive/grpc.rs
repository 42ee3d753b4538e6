//! OTLP over gRPC: the three services, plain or gzip.

use crate::intake::{self, Intake};
use crate::rows::{Batch, Rejected};
use crate::store::StoreError;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request as HttpRequest, Response as HttpResponse};
use axum::middleware::{Next, from_fn_with_state};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedSemaphorePermit;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

/// The services, behind the room that a request needs before it is read.
pub(crate) fn router(intake: Arc<Intake>) -> Router {
    let most = intake.limits.body;
    macro_rules! service {
        ($server:ident) => {
            $server::new(Service(intake.clone()))
                .accept_compressed(Gzip)
                .send_compressed(Gzip)
                .max_decoding_message_size(most)
        };
    }
    let routes = Routes::new(service!(TraceServiceServer))
        .add_service(service!(MetricsServiceServer))
        .add_service(service!(LogsServiceServer));
    routes.into_axum_router().layer(from_fn_with_state(intake, admit))
}

/// The room of a request, on its way through the library that reads it.
#[derive(Clone)]
struct Room(Arc<Mutex<Option<OwnedSemaphorePermit>>>);

async fn admit(
    State(intake): State<Arc<Intake>>,
    mut request: HttpRequest<Body>,
    next: Next,
) -> HttpResponse<Body> {
    let room = match intake.room(intake.limits.body).await {
        Ok(room) => Room(Arc::new(Mutex::new(Some(room)))),
        Err(error) => return status(&error).into_http(),
    };
    request.extensions_mut().insert(room);
    match tokio::time::timeout(intake.limits.slowest, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Status::deadline_exceeded("the request took too long").into_http(),
    }
}

fn status(error: &StoreError) -> Status {
    if error.retryable() {
        Status::unavailable(error.to_string())
    } else {
        Status::internal(error.to_string())
    }
}

struct Service(Arc<Intake>);

impl Service {
    async fn keep<T: Message>(
        &self,
        request: Request<T>,
        rows: fn(T) -> (Batch, Rejected),
    ) -> Result<Rejected, Status> {
        let room = request.extensions().get::<Room>().cloned();
        let room = room.and_then(|room| room.0.lock().unwrap_or_else(PoisonError::into_inner).take());
        let room = room.ok_or_else(|| Status::internal("the request has no room"))?;
        let message = request.into_inner();
        let bytes = message.encoded_len();
        self.0.keep(rows(message), bytes, room).await.map_err(|error| status(&error))
    }
}

/// A part of a request that was refused, as its answer says it; nothing where all was kept.
fn partly<T>(rejected: Rejected, said: impl FnOnce(i64, String) -> T) -> Option<T> {
    (rejected.count > 0).then(|| said(rejected.count.into(), rejected.why))
}

#[tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let rejected = self.keep(request, intake::traces).await?;
        let partial_success = partly(rejected, |rejected_spans, error_message| ExportTracePartialSuccess {
            rejected_spans,
            error_message,
        });
        Ok(Response::new(ExportTraceServiceResponse { partial_success }))
    }
}

#[tonic::async_trait]
impl MetricsService for Service {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let rejected = self.keep(request, intake::metrics).await?;
        let partial_success = partly(rejected, |rejected_data_points, error_message| {
            ExportMetricsPartialSuccess { rejected_data_points, error_message }
        });
        Ok(Response::new(ExportMetricsServiceResponse { partial_success }))
    }
}

#[tonic::async_trait]
impl LogsService for Service {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let rejected = self.keep(request, intake::logs).await?;
        let partial_success = partly(rejected, |rejected_log_records, error_message| {
            ExportLogsPartialSuccess { rejected_log_records, error_message }
        });
        Ok(Response::new(ExportLogsServiceResponse { partial_success }))
    }
}
