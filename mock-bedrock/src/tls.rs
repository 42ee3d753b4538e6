//! TLS: a local CA and a leaf for loopback names, made anew at every start. Keys never touch the disk.

use crate::listener::StartError;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::PrivateKeyDer;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// What our CA is called.
const OURS: &str = "faultline local CA";

/// What a CA is called that nobody was told of. Another name, so that clients say "unknown issuer" and not "bad
/// signature".
const UNKNOWN: &str = "faultline unknown CA";

/// The names that the leaf is for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// What TLS needs, and what clients must trust.
pub(crate) struct Identity {
    /// Accepts handshakes with ALPN h2 and http/1.1.
    pub(crate) acceptor: TlsAcceptor,
    /// The CA certificate.
    pub(crate) ca_pem: String,
}

impl Identity {
    /// A new CA and leaf.
    pub(crate) fn new() -> Result<Self, StartError> {
        make(OURS).map_err(|error| StartError::Tls(error.to_string()))
    }

    /// A leaf for the same names of a CA that nobody was told of, made now.
    pub(crate) fn unknown() -> Result<Self, StartError> {
        make(UNKNOWN).map_err(|error| StartError::Tls(error.to_string()))
    }
}

fn make(name: &str) -> Result<Identity, Box<dyn std::error::Error>> {
    let ca_key = KeyPair::generate()?;
    let ca = authority(name)?.self_signed(&ca_key)?;
    let issuer = Issuer::new(authority(name)?, ca_key);
    let leaf_key = KeyPair::generate()?;
    let leaf = leaf()?.signed_by(&leaf_key, &issuer)?;
    let key = PrivateKeyDer::try_from(leaf_key.serialize_der())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Identity { acceptor: TlsAcceptor::from(Arc::new(config)), ca_pem: ca.pem() })
}

fn authority(name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn leaf() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(NAMES.map(str::to_owned).to_vec())?;
    params.distinguished_name.push(DnType::CommonName, "faultline");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Strict verifiers (Python 3.13 and later) ask for it.
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}
