//! TLS against a server of this machine with a certificate made here: who is trusted, and who is not.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::target::{Addresses, Endpoint, EndpointConfig, EndpointError, Pace};

const IDENTITY: &str = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
    <Arn>arn:aws:iam::123456789012:user/x</Arn><UserId>x</UserId><Account>123456789012</Account>\
    </GetCallerIdentityResult></GetCallerIdentityResponse>";

/// A server for `localhost` that tells everybody who he is, and its certificate in a file.
async fn serve(folder: &Path) -> (u16, PathBuf) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let bundle = folder.join("ca.pem");
    std::fs::write(&bundle, made.cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust us hangs up.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut asked = [0; 4_096];
            while stream.read(&mut asked).await.is_ok_and(|count| count > 0) {
                let length = IDENTITY.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: {length}\r\n\r\n{IDENTITY}"
                );
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    (port, bundle)
}

async fn connect(host: &str, port: u16, ca_bundle: &Path) -> Result<Endpoint, EndpointError> {
    let origin = Origin { is_tls: true, host: host.to_owned(), port };
    let config = EndpointConfig::at(origin.clone());
    let address = crate::target::Address { origin, signing_region: "us-east-1".to_owned() };
    let addresses = Addresses::PerService(Arc::new(move |_, _| address.clone()));
    let dial = Arc::new(Tls::new(Some(ca_bundle)).unwrap());
    Endpoint::connect(EndpointConfig { addresses, dial, ..config }).await
}

#[tokio::test]
async fn a_server_whose_authority_is_trusted_is_asked_over_tls_in_real_time() {
    let folder = tempfile::tempdir().unwrap();
    let (port, bundle) = serve(folder.path()).await;
    let endpoint = connect("localhost", port, &bundle).await.unwrap();
    assert_eq!(endpoint.account(), Some("123456789012"));
    assert_eq!(endpoint.pace(), Pace::Real);
}

#[tokio::test]
async fn a_server_of_another_authority_or_another_name_is_not_spoken_to() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (port, bundle) = serve(folder.path()).await;
    let (_, stranger) = serve(other.path()).await;
    for (host, bundle) in [("localhost", &stranger), ("127.0.0.1", &bundle)] {
        let refused = connect(host, port, bundle).await.unwrap_err();
        let said = refused.to_string();
        assert!(matches!(refused, EndpointError::Untrusted { .. }), "{said}");
        assert!(said.contains("certificate") && said.contains("SSL_CERT_FILE"), "{said}");
    }
}

#[tokio::test]
async fn a_server_without_tls_is_told_from_one_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let (_, bundle) = serve(folder.path()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // What it hears is no request.
            let mut asked = [0; 4_096];
            drop(stream.read(&mut asked).await);
            drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await);
        }
    });
    let refused = connect("localhost", port, &bundle).await.unwrap_err();
    let said = refused.to_string();
    assert!(matches!(refused, EndpointError::NoTls { .. }) && said.contains("hint: write http://"), "{said}");
}

#[tokio::test]
async fn an_address_says_whether_a_server_is_asked_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (port, bundle) = serve(folder.path()).await;
    let origin = Origin { is_tls: true, host: "localhost".to_owned(), port };
    let dial = crate::target::aws::dial(&origin, Some(&bundle)).unwrap();
    let endpoint = Endpoint::connect(EndpointConfig { dial, ..EndpointConfig::at(origin.clone()) }).await;
    assert_eq!(endpoint.unwrap().account(), Some("123456789012"));
    // Without TLS nothing has to be trusted, and no certificate is read.
    let plain = Origin { is_tls: false, ..origin };
    let nowhere = folder.path().join("nowhere.pem");
    assert!(crate::target::aws::dial(&plain, Some(&nowhere)).is_ok());
}

#[test]
fn a_bundle_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    for path in [empty, folder.path().join("nowhere.pem")] {
        let said = Tls::new(Some(&path)).unwrap_err().to_string();
        assert!(said.contains(&path.display().to_string()) && said.contains("AWS_CA_BUNDLE"), "{said}");
    }
}
