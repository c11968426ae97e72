//! Connections over TLS, as AWS asks for them.
//!
//! The authorities that are trusted are the system's, or those of `SSL_CERT_FILE` and `SSL_CERT_DIR`; or, instead of all these, those
//! of `AWS_CA_BUNDLE`. TLS 1.2 and 1.3, HTTP/1.1. Left out: proxies, certificates of clients.
//! Documented: docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html (`ca_bundle`).

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, Error, RootCertStore};
use tokio_rustls::TlsConnector;

use crate::target::{Dial, NoTls, Origin, Plain, Stream};

/// Opens connections with or without TLS, as the server's address says.
#[derive(Clone)]
pub struct Tls(Arc<ClientConfig>);

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

/// Why nothing can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The file that was named.
    #[error("{path}: {cause}\nhint: AWS_CA_BUNDLE names a file of certificates in PEM")]
    Bundle {
        /// Which.
        path: String,
        /// Why.
        cause: String,
    },
    /// No authorities.
    #[error(
        "this machine trusts no certificate authority{causes}\nhint: install ca-certificates, or name a file of certificates in AWS_CA_BUNDLE"
    )]
    NoRoots {
        /// What the system said, after a colon.
        causes: String,
    },
    /// The library.
    #[error("TLS cannot be spoken: {0}\nhint: this is an error of wavetank; please report it")]
    Library(String),
}

impl Tls {
    /// Trusts the authorities of this file, or the system's.
    pub fn new(ca_bundle: Option<&Path>) -> Result<Self, TlsError> {
        let roots = match ca_bundle {
            Some(path) => of_bundle(path)?,
            None => of_system()?,
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|why| TlsError::Library(why.to_string()))?;
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }
}

fn of_bundle(path: &Path) -> Result<RootCertStore, TlsError> {
    let fail = |cause: String| TlsError::Bundle { path: path.display().to_string(), cause };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|why| fail(why.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        let certificate = certificate.map_err(|why| fail(why.to_string()))?;
        roots.add(certificate).map_err(|why| fail(why.to_string()))?;
    }
    if roots.is_empty() { Err(fail("there is no certificate in it".to_owned())) } else { Ok(roots) }
}

fn of_system() -> Result<RootCertStore, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let causes = found.errors.iter().map(|why| format!(": {why}")).collect();
        return Err(TlsError::NoRoots { causes });
    }
    Ok(roots)
}

#[async_trait]
impl Dial for Tls {
    async fn dial(&self, origin: &Origin) -> io::Result<Box<dyn Stream>> {
        let plain = Plain.dial(&Origin { is_tls: false, ..origin.clone() }).await?;
        if !origin.is_tls {
            return Ok(plain);
        }
        let name = ServerName::try_from(origin.host.clone()).map_err(io::Error::other)?;
        let connector = TlsConnector::from(Arc::clone(&self.0));
        Ok(Box::new(connector.connect(name, plain).await.map_err(told)?))
    }
}

/// A handshake that failed, told apart: by the certificate, by the server's speaking something else, or by the connection.
fn told(failed: io::Error) -> io::Error {
    let refused = failed.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
    let cause = match refused {
        Some(Error::InvalidCertificate(why)) => NoTls::Untrusted(why.to_string()),
        Some(other) => NoTls::Unspoken(other.to_string()),
        None => return failed,
    };
    io::Error::other(cause)
}

#[cfg(test)]
mod tests;
