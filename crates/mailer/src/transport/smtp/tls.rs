//! TLS by rustls with ring: the relay's certificate is always checked, for the name that was configured.

use std::{io, path::PathBuf, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::relay::{Relay, Roots, Security};

/// Why a relay's settings cannot work.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRelay {
    #[error("no relay is configured")]
    None,
    #[error("`{0}` is neither a host name nor an IP address")]
    Host(String),
    #[error("the certificate authorities in {path} cannot be read: {reason}")]
    RootsFile { path: PathBuf, reason: String },
    #[error("the system has no certificate authorities: install ca-certificates, or configure those of the relay")]
    NoRoots,
}

/// [`Security`], with what it takes.
pub(super) enum Wire {
    Plain,
    Opportunistic(Tls),
    StartTls(Tls),
    Implicit(Tls),
}

impl Wire {
    pub(super) fn to(relay: &Relay) -> Result<Self, InvalidRelay> {
        Ok(match relay.security {
            Security::None => Self::Plain,
            Security::Opportunistic => Self::Opportunistic(Tls::to(relay)?),
            Security::StartTls => Self::StartTls(Tls::to(relay)?),
            Security::Implicit => Self::Implicit(Tls::to(relay)?),
        })
    }
}

/// Opens TLS to one relay.
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Tls {
    fn to(relay: &Relay) -> Result<Self, InvalidRelay> {
        let name = ServerName::try_from(relay.host.clone()).map_err(|_| InvalidRelay::Host(relay.host.clone()))?;
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has cipher suites for TLS 1.2 and 1.3")
            .with_root_certificates(roots(&relay.roots)?)
            .with_no_client_auth();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }

    pub(super) async fn handshake(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.name.clone(), stream).await
    }
}

fn roots(from: &Roots) -> Result<RootCertStore, InvalidRelay> {
    let mut roots = RootCertStore::empty();
    match from {
        Roots::Mozilla => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Roots::File(path) => {
            let unreadable = |reason: String| InvalidRelay::RootsFile { path: path.clone(), reason };
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(error.to_string()))? {
                let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
                roots.add(certificate).map_err(|error| unreadable(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(unreadable("it has no certificate".to_owned()));
            }
        }
        Roots::System => {
            // A store with one odd certificate is of use all the same.
            let found = rustls_native_certs::load_native_certs();
            let (added, _ignored) = roots.add_parsable_certificates(found.certs);
            if added == 0 {
                return Err(InvalidRelay::NoRoots);
            }
        }
    }
    Ok(roots)
}
