//! Where a service is asked: one server for all of them, or a host for each service and region.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::Uri;
use http::uri::Scheme;

/// Scheme, host and port of a server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Whether it is asked over TLS.
    pub is_tls: bool,
    /// A name, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

/// Not the address of a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no address of a server: {cause}\nhint: write http://127.0.0.1:4566")]
pub struct OriginError {
    text: String,
    cause: &'static str,
}

impl Origin {
    /// The server that an absolute address names. `None` if it is not absolute, or neither `http` nor `https`.
    pub fn of(uri: &Uri) -> Option<Self> {
        let is_tls = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            _ => return None,
        };
        let host = uri.host().filter(|host| !host.is_empty())?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(default_port(is_tls));
        Some(Self { is_tls, host, port })
    }

    /// Host and port as the `Host` header gives them: a scheme's own port is left out.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match self.port == default_port(self.is_tls) {
            true => host,
            false => format!("{host}:{}", self.port),
        }
    }
}

fn default_port(is_tls: bool) -> u16 {
    if is_tls { 443 } else { 80 }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority())
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let refuse = |cause| OriginError { text: text.to_owned(), cause };
        let uri: Uri = text.parse().map_err(|_| refuse("it is no URL"))?;
        let origin = Self::of(&uri).ok_or_else(|| refuse("it begins with neither http:// nor https://"))?;
        match uri.path_and_query().map_or("/", |path| path.as_str()) {
            "/" if !text.contains(['@', '#']) => Ok(origin),
            _ => Err(refuse("it has more than a host and a port")),
        }
    }
}

/// Where one service of one region is asked, and the region in whose name its requests are signed: a global service has one
/// of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The server.
    pub origin: Origin,
    /// The region of the signature.
    pub signing_region: String,
}

/// Finds the address of a service, by its name in `wire` (S3's is `s3`), in a region.
pub type FindAddress = dyn Fn(&str, &str) -> Address + Send + Sync;

/// Where services are asked.
#[derive(Clone)]
pub enum Addresses {
    /// One server for all services and regions.
    One(Origin),
    /// A host for each service and region.
    PerService(Arc<FindAddress>),
}

impl Addresses {
    /// Where this service is asked.
    pub fn find(&self, service: &str, region: &str) -> Address {
        match self {
            Self::One(origin) => Address { origin: origin.clone(), signing_region: region.to_owned() },
            Self::PerService(find) => find(service, region),
        }
    }

    /// The one server, if there is one.
    pub fn one(&self) -> Option<&Origin> {
        match self {
            Self::One(origin) => Some(origin),
            Self::PerService(_) => None,
        }
    }
}

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(origin) => f.debug_tuple("One").field(origin).finish(),
            Self::PerService(_) => f.write_str("PerService"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_scheme_a_host_and_perhaps_a_port() {
        let check = |text: &str, shown: Option<&str>| {
            let origin = text.parse::<Origin>().ok().map(|origin| origin.to_string());
            assert_eq!(origin.as_deref(), shown, "{text}");
        };
        check("http://127.0.0.1:4566", Some("http://127.0.0.1:4566"));
        check("http://localhost:4566/", Some("http://localhost:4566"));
        check("http://minio:80", Some("http://minio"));
        check("https://s3.eu-west-1.amazonaws.com", Some("https://s3.eu-west-1.amazonaws.com"));
        check("http://[::1]:9000", Some("http://[::1]:9000"));
        check("127.0.0.1:4566", None);
        check("ftp://127.0.0.1", None);
        check("http://127.0.0.1:4566/path", None);
        check("http://user:word@127.0.0.1:4566", None);
        check("http://", None);
        check("somewhere", None);
    }
}
