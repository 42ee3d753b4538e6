//! `https://` with a local CA: the client trusts what it is given, and offers HTTP/2.

use std::sync::Arc;

use faultline_agent::client::{ClientSettings, client};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A CA as PEM and a server configuration with a certificate from it.
fn local_ca() -> (String, ServerConfig) {
    let mut ca = CertificateParams::new(vec![]).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (ca.pem(), config)
}

/// The protocol agreed on, or `None` where the handshake failed.
async fn handshake(ca_bundle_pem: Vec<u8>, server: ServerConfig) -> Option<Vec<u8>> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let far_end = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let stream = TlsAcceptor::from(Arc::new(server)).accept(socket).await.ok()?;
        stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec)
    });
    let settings = ClientSettings {
        endpoint_url: Some(format!("https://localhost:{port}")),
        ca_bundle_pem: Some(ca_bundle_pem),
        max_attempts: 1,
        ..ClientSettings::default()
    };
    let sent = client(&settings).unwrap().converse().model_id("m").send();
    let (alpn, _) = tokio::join!(far_end, sent);
    alpn.unwrap()
}

#[tokio::test]
async fn a_local_ca_is_trusted_and_http_2_is_chosen() {
    let (pem, server) = local_ca();
    assert_eq!(handshake(pem.into_bytes(), server).await.as_deref(), Some(&b"h2"[..]));
}

#[tokio::test]
async fn another_ca_is_not_trusted() {
    let (other, _) = local_ca();
    let (_, server) = local_ca();
    assert_eq!(handshake(other.into_bytes(), server).await, None);
}
