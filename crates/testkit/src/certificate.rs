//! Throw-away certificates, for relays on this machine.

use std::{io, sync::Arc};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};

/// A certificate that vouches for itself: trust `pem`, and a server with this key is believed.
pub struct Certificate {
    /// For a file of roots.
    pub pem: String,
    pub key_pem: String,
    der: CertificateDer<'static>,
    key_der: Vec<u8>,
}

impl Certificate {
    /// For host names and addresses, such as `localhost` and `127.0.0.1`.
    ///
    /// # Panics
    /// A name is not ASCII.
    pub fn for_names(names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).expect("names are ASCII");
        Self { pem: cert.pem(), key_pem: signing_key.serialize_pem(), der: cert.der().clone(), key_der: signing_key.serialize_der() }
    }

    /// # Panics
    /// Never: the key belongs to the certificate.
    pub fn server(&self) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::Pkcs8(self.key_der.clone().into());
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has cipher suites for TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![self.der.clone()], key)
            .expect("the key belongs to the certificate");
        Arc::new(config)
    }

    /// The certificate as a file that goes with the value.
    pub fn root_file(&self) -> io::Result<tempfile::NamedTempFile> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), &self.pem)?;
        Ok(file)
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Certificate")
    }
}
