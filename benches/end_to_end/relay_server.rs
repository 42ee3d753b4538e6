//! A child that passes bytes on as they come: the least that something in the middle costs.

use crate::process::{commands, say_address};
use anyhow::{Context, Result};
use std::net::SocketAddr;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

/// Serves until standard input ends.
pub(crate) async fn run(upstream: Option<SocketAddr>) -> Result<()> {
    let upstream = upstream.context("a relay needs --upstream")?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say_address(listener.local_addr()?);
    let accepting = tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            tokio::spawn(pass(tcp, upstream));
        }
    });
    let mut commands = commands();
    while commands.recv().await.is_some() {}
    accepting.abort();
    Ok(())
}

async fn pass(mut from: TcpStream, upstream: SocketAddr) -> std::io::Result<()> {
    let mut to = TcpStream::connect(upstream).await?;
    from.set_nodelay(true)?;
    to.set_nodelay(true)?;
    copy_bidirectional(&mut from, &mut to).await.map(drop)
}
