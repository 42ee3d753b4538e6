//! What the client puts on the wire, read from a socket.

use faultline_agent::client::{ClientSettings, client};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers every request with 503; returns the heads of the requests once the client has given up.
async fn requests(settings: ClientSettings) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint_url = Some(format!("http://{}", listener.local_addr().unwrap()));
    let client = client(&ClientSettings { endpoint_url, ..settings }).unwrap();
    let sending = client.converse().model_id("m").send();
    tokio::pin!(sending);
    let mut heads = Vec::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (mut socket, _) = accepted.unwrap();
                let mut request = Vec::new();
                let mut reading = true;
                while reading {
                    // The client's own future must go on while we wait for its bytes.
                    tokio::select! {
                        read = socket.read_buf(&mut request) => assert!(read.unwrap() > 0),
                        sent = &mut sending => panic!("{sent:?} before an answer"),
                    }
                    reading = !request.windows(4).any(|window| window == b"\r\n\r\n");
                }
                heads.push(String::from_utf8_lossy(&request).into_owned());
                let answer = b"HTTP/1.1 503 Slow\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                socket.write_all(answer).await.unwrap();
            }
            sent = &mut sending => {
                sent.unwrap_err();
                return heads;
            }
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let named = |line: &&str| line.to_ascii_lowercase().starts_with(&format!("{name}:"));
    head.lines().find(named).unwrap_or_default()
}

#[tokio::test]
async fn a_request_is_sent_as_often_as_the_settings_say() {
    for max_attempts in [1, 2] {
        let heads = requests(ClientSettings { max_attempts, ..ClientSettings::default() }).await;
        assert_eq!(heads.len(), max_attempts as usize);
        assert!(
            header(&heads[0], "amz-sdk-request").ends_with(&format!("max={max_attempts}")),
            "{}",
            heads[0]
        );
    }
}

#[tokio::test]
async fn keys_sign_and_a_token_takes_their_place() {
    let once = ClientSettings { max_attempts: 1, ..ClientSettings::default() };
    let heads = requests(once.clone()).await;
    let signed = header(&heads[0], "authorization");
    assert!(signed.contains("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{signed}");
    assert!(signed.contains("/us-east-1/bedrock/aws4_request"), "{signed}");
    let heads = requests(ClientSettings { bearer_token: Some("secret".into()), ..once }).await;
    assert!(header(&heads[0], "authorization").ends_with(": Bearer secret"), "{}", heads[0]);
}
