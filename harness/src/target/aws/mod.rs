//! AWS itself as a target: what the environment says (`settings.rs`), where services listen (`addresses.rs`), TLS (`tls.rs`).
//!
//! A region's services are asked as an [`Endpoint`] whose address depends on the service. `AWS_ENDPOINT_URL` counts, as for AWS's own
//! clients: all requests go there then, so that everything here can be tried on a tank.
//! Left out: credentials that have to be fetched, the partitions beside `aws`, FIPS and dual-stack hosts, proxies.

mod addresses;
mod settings;
mod shared_file;
mod tls;

use std::path::Path;
use std::sync::Arc;

use super::{Address, Addresses, Dial, Endpoint, EndpointConfig, EndpointError, Origin, OriginError, Plain};

pub use addresses::{AddressError, Place, check_region, is_aws, place};
pub use settings::{Settings, SettingsError};
pub use tls::{Tls, TlsError};

/// The port of HTTPS.
const PORT: u16 = 443;

/// Why an account cannot be used. Nothing has been created.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AwsError {
    /// What the environment says.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// `AWS_ENDPOINT_URL`.
    #[error("AWS_ENDPOINT_URL: {0}")]
    Endpoint(#[from] OriginError),
    /// The region.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// TLS.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// It does not answer, or refuses the credentials.
    #[error(transparent)]
    Connect(#[from] EndpointError),
    /// The credentials are of another account.
    #[error(
        "the credentials of {of} are of account {found}, not of {asked}: nothing was created\nhint: choose the other credentials (AWS_PROFILE), or say --account {found} if that is meant"
    )]
    OtherAccount {
        /// Where they come from.
        of: String,
        /// Whose they are.
        found: String,
        /// Who was asked for.
        asked: String,
    },
    /// The server does not tell whose credentials they are.
    #[error(
        "{url} does not tell whose credentials these are: nothing was created\nhint: a server without STS is used by --target endpoint"
    )]
    NoAccount {
        /// The server.
        url: String,
    },
}

/// How AWS is reached with these settings, in one region.
pub fn config(settings: &Settings, region: &str) -> Result<EndpointConfig, AwsError> {
    let credentials = settings.credentials.clone();
    let ca_bundle = settings.ca_bundle.as_deref();
    if let Some(url) = &settings.endpoint {
        let origin: Origin = url.parse()?;
        return Ok(EndpointConfig {
            name: "aws".to_owned(),
            credentials,
            region: region.to_owned(),
            dial: dial(&origin, ca_bundle)?,
            ..EndpointConfig::at(origin)
        });
    }
    check_region(region)?;
    let find = |service: &str, region: &str| {
        let Place { host, signing_region } = place(service, region);
        Address { origin: Origin { is_tls: true, host, port: PORT }, signing_region }
    };
    let sts = find("sts", region).origin;
    Ok(EndpointConfig {
        name: "aws".to_owned(),
        addresses: Addresses::PerService(Arc::new(find)),
        credentials,
        region: region.to_owned(),
        dial: Arc::new(Tls::new(ca_bundle)?),
        has_path_style: false,
        ..EndpointConfig::at(sts)
    })
}

/// What opens connections to a server: with TLS if its address says so, trusting the authorities of this file or the system's.
pub fn dial(origin: &Origin, ca_bundle: Option<&Path>) -> Result<Arc<dyn Dial>, TlsError> {
    let dial: Arc<dyn Dial> = if origin.is_tls { Arc::new(Tls::new(ca_bundle)?) } else { Arc::new(Plain) };
    Ok(dial)
}

/// An account that answers, takes the credentials, and is the one that was asked for.
pub async fn connect(settings: &Settings, region: &str, account: &str) -> Result<Endpoint, AwsError> {
    let config = config(settings, region)?;
    let url = config.addresses.find("sts", region).origin.to_string();
    let endpoint = Endpoint::connect(config).await?;
    match endpoint.account() {
        Some(found) if found == account => Ok(endpoint),
        Some(found) => Err(AwsError::OtherAccount {
            of: settings.source.clone(),
            found: found.to_owned(),
            asked: account.to_owned(),
        }),
        None => Err(AwsError::NoAccount { url }),
    }
}
