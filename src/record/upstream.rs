//! The way to the upstream: its address, its region, and keys from the standard AWS chain.

use crate::exit::Failure;
use aws_config::meta::region::ProvideRegion as _;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_http_client::tls;
use faultline_recorder::upstream::{Auth, Settings, Upstream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// The variable that holds a Bedrock API key.
const BEARER: &str = "AWS_BEARER_TOKEN_BEDROCK";

/// The region of an upstream that is none of AWS, where nobody names another one.
const ANY_REGION: &str = "us-east-1";

/// What stands before and after the region in a host of AWS.
const HOST: (&str, &str) = ("bedrock-runtime", ".amazonaws.com");

/// Where requests go on to, and with which keys.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct UpstreamArgs {
    /// The region; default: AWS_REGION, AWS_DEFAULT_REGION, or the profile's.
    #[arg(long)]
    region: Option<String>,
    /// The endpoint, instead of Bedrock in the region.
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// Certificates to trust instead of the system's.
    #[arg(long, value_name = "PEM", requires = "upstream")]
    upstream_ca: Option<PathBuf>,
    /// How requests are proved to be ours.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = How::Auto)]
    upstream_auth: How,
}

/// How requests are proved to be ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum How {
    /// AWS_BEARER_TOKEN_BEDROCK where it is set, else a signature.
    Auto,
    /// Signed anew, with keys from the standard chain: environment, profile, SSO, web identity, container, instance.
    Sigv4,
    /// The Bedrock API key in AWS_BEARER_TOKEN_BEDROCK.
    Bearer,
    /// The client's own bearer token goes on.
    Client,
    /// Nothing.
    None,
}

/// An upstream, and what cassettes say of it.
pub(crate) struct Found {
    /// Who is asked.
    pub(crate) upstream: Arc<Upstream>,
    /// The region.
    pub(crate) region: String,
    /// The endpoint, where it is not the region's.
    pub(crate) named: Option<String>,
}

impl UpstreamArgs {
    /// The upstream; `at_once`: everything will be passed on, so keys must be there.
    ///
    /// # Errors
    /// When there is no region, no certificate, or there are no keys.
    pub(crate) async fn open(&self, at_once: bool) -> Result<Found, Failure> {
        let region = self.region().await?;
        let (before, after) = HOST;
        let url = self.upstream.clone().unwrap_or_else(|| format!("https://{before}.{region}{after}"));
        let read = |path: &PathBuf| {
            std::fs::read(path)
                .map_err(|why| Failure::usage(format!("{}: cannot be read: {why}", path.display())))
        };
        let ca_pem = self.upstream_ca.as_ref().map(read).transpose()?;
        let auth = self.auth(&region, at_once).await?;
        let settings = Settings { url, auth, ca_pem, clock: Arc::new(SystemTime::now) };
        let upstream = Upstream::new(settings).map_err(Failure::usage)?;
        // What a URL tells of its user is no part of a cassette.
        let named = self.upstream.as_ref().map(|_| upstream.url().to_string());
        Ok(Found { upstream: Arc::new(upstream), region, named })
    }

    /// The region of the flag, the host, the environment or the profile. The instance is not asked: that waits for
    /// seconds where there is none.
    async fn region(&self) -> Result<String, Failure> {
        let named = self.upstream.as_deref().and_then(region_of);
        if let Some(region) = self.region.clone().or(named) {
            return Ok(region);
        }
        let set = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| std::env::var(name).ok());
        if let Some(region) = set.filter(|region| !region.is_empty()) {
            return Ok(region);
        }
        let of_profile =
            ProfileFileRegionProvider::builder().configure(&ProviderConfig::without_region()).build();
        match of_profile.region().await {
            Some(region) => Ok(region.to_string()),
            None if self.upstream.is_some() => Ok(ANY_REGION.to_owned()),
            None => Err(Failure::usage(
                "no region: give --region, set AWS_REGION, or name one in your AWS profile",
            )),
        }
    }

    async fn auth(&self, region: &str, at_once: bool) -> Result<Auth, Failure> {
        let token = std::env::var(BEARER).ok().filter(|token| !token.is_empty());
        match (self.upstream_auth, token) {
            (How::Auto | How::Bearer, Some(token)) => Ok(Auth::Bearer(token)),
            (How::Bearer, None) => Err(Failure::usage(format!("--upstream-auth bearer needs {BEARER}"))),
            (How::Client, _) => Ok(Auth::Client),
            (How::None, _) => Ok(Auth::Nobody),
            (How::Auto | How::Sigv4, _) => {
                let credentials = chain(region).await?;
                if at_once {
                    credentials.provide_credentials().await.map_err(|why| no_keys(&why))?;
                }
                Ok(Auth::SigV4 { credentials, region: region.to_owned() })
            }
        }
    }
}

/// The standard chain; nobody is asked yet.
async fn chain(region: &str) -> Result<SharedCredentialsProvider, Failure> {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https();
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http)
        .region(Region::new(region.to_owned()))
        .load()
        .await;
    config
        .credentials_provider()
        .ok_or_else(|| Failure::own("the AWS configuration gives no credentials provider"))
}

fn no_keys(why: &dyn std::error::Error) -> Failure {
    let mut said = why.to_string();
    let mut cause = why.source();
    while let Some(inner) = cause {
        said = format!("{said}: {inner}");
        cause = inner.source();
    }
    Failure::usage(format!(
        "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or {BEARER}, or give \
         --upstream-auth none. {said}"
    ))
}

/// The region in a host of AWS, FIPS hosts too.
fn region_of(url: &str) -> Option<String> {
    let host = url.split_once("://")?.1.split(['/', ':']).next()?;
    let (before, after) = HOST;
    let rest = host.strip_prefix(before)?.strip_suffix(after)?;
    let region = rest.strip_prefix("-fips").unwrap_or(rest).strip_prefix('.')?;
    (!region.is_empty() && !region.contains('.')).then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_stands_in_a_host_of_aws_and_in_no_other() {
        let check = |url: &str, region: Option<&str>| assert_eq!(region_of(url).as_deref(), region, "{url}");
        check("https://bedrock-runtime.eu-west-3.amazonaws.com", Some("eu-west-3"));
        check("https://bedrock-runtime-fips.us-east-1.amazonaws.com:443/x", Some("us-east-1"));
        check("https://bedrock.us-east-1.amazonaws.com", None);
        check("http://127.0.0.1:4000", None);
        check("nonsense", None);
    }
}
