//! A server that is not there, or lets nobody in.

use std::net::TcpListener;
use std::path::Path;

use faultline_queue::{Address, Queue, Settings};

use crate::nats::NatsServer;

async fn refused(address: &str) -> String {
    let address: Address = address.parse().unwrap();
    Queue::open(&address, Settings::default()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_its_password() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let free = listener.local_addr().unwrap();
    drop(listener);
    let why = refused(&format!("nats://me:s3cret@{free}")).await;
    assert!(why.contains(&format!("no NATS server can be used at nats://{free}")), "{why}");
    assert!(!why.contains("s3cret"), "{why}");
}

#[tokio::test]
async fn a_password_is_asked_for_and_used() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("queue-password.nats");
    let Some(server) = NatsServer::start(&folder, &["--user", "me", "--pass", "s3cret@x"]) else { return };
    let open = format!("nats://me:s3cret%40x@{}/blue", server.address).parse().unwrap();
    Queue::open(&open, Settings::default()).await.unwrap();
    let why = refused(&format!("nats://me:wr0ng@{}", server.address)).await;
    assert!(why.contains("no NATS server can be used at") && !why.contains("wr0ng"), "{why}");
}
