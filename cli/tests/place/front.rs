//! TLS in front of a served tank, with a certificate for `localhost` that is made here.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

/// A port that speaks TLS, and hands on what it hears. It ends with this.
pub(crate) struct Front {
    _runtime: Runtime,
    folder: tempfile::TempDir,
    /// Where it is asked.
    pub(crate) url: String,
}

impl Front {
    /// In front of the server at this address.
    pub(crate) fn of(url: &str) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), made.cert.pem()).unwrap();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.unwrap().with_no_client_auth();
        let config = config.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let behind = url.trim_start_matches("http://").to_owned();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(hand_on(acceptor.clone(), stream, behind.clone()));
            }
        });
        Self { _runtime: runtime, folder, url: format!("https://localhost:{port}") }
    }

    /// The file of its certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }
}

async fn hand_on(acceptor: TlsAcceptor, stream: TcpStream, behind: String) {
    // A client that does not trust us hangs up.
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let Ok(mut server) = TcpStream::connect(&behind).await else { return };
    drop(tokio::io::copy_bidirectional(&mut stream, &mut server).await);
}
