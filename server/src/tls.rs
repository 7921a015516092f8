//! HTTPS: the certificate and the key that `--tls-cert` and `--tls-key` name, both in PEM form.
//!
//! The certificate's file begins with the server's own and goes on with those between it and the
//! issuer that browsers know. TLS 1.2 and 1.3; HTTP/2 for clients that ask for it, else HTTP/1.1.
//! Both files are read once: a renewed certificate needs a new start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use crate::data;
use crate::error::Error;

/// The name of HTTP/2 in a handshake.
pub(crate) const H2: &[u8] = b"h2";

/// Why a file is of no use for HTTPS. Nothing that stands in it is repeated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoTls {
    /// It cannot be read.
    #[error("it cannot be read")]
    Read(#[source] io::Error),
    /// Something in it is no PEM.
    #[error("it is no proper PEM")]
    Pem(#[source] pem::Error),
    /// There is no certificate in it.
    #[error("it holds no certificate: there is no -----BEGIN CERTIFICATE----- in it")]
    NoCertificate,
    /// There is no key in it.
    #[error("it holds no private key: there is no -----BEGIN PRIVATE KEY----- in it")]
    NoKey,
    /// The certificate is none.
    #[error("its certificate cannot be used")]
    Certificate(#[source] rustls::Error),
    /// The key is none.
    #[error("its private key cannot be used")]
    Key(#[source] rustls::Error),
    /// The two do not belong together.
    #[error("its private key is not the one of the certificate in {}", .0.display())]
    Mismatch(PathBuf),
}

/// Reads both files; warns if others may read the key.
///
/// # Errors
///
/// [`Error::Tls`], which names the file and what is wrong with it.
pub(crate) fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, Error> {
    let of = |path: &Path| {
        let path = path.to_owned();
        move |source| Error::Tls { path, source }
    };
    let chain = read_chain(certificate).map_err(of(certificate))?;
    let private = read_key(key).map_err(of(key))?;
    if data::require_private(key).is_err() {
        tracing::warn!("{} is a private key, but others may read it", key.display());
    }
    let provider = ring::default_provider();
    let loaded = provider.key_provider.load_private_key(private.clone_key());
    loaded.map_err(NoTls::Key).map_err(of(key))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .map_err(NoTls::Certificate)
        .map_err(of(certificate))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| {
            let is_mismatch = matches!(error, rustls::Error::InconsistentKeys(_));
            let mismatch = || of(key)(NoTls::Mismatch(certificate.to_owned()));
            if is_mismatch { mismatch() } else { of(certificate)(NoTls::Certificate(error)) }
        })?;
    config.alpn_protocols = vec![H2.to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, NoTls> {
    let text = fs::read(path).map_err(NoTls::Read)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(NoTls::Pem)?;
    if chain.is_empty() { Err(NoTls::NoCertificate) } else { Ok(chain) }
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, NoTls> {
    let text = fs::read(path).map_err(NoTls::Read)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|error| {
        let is_missing = matches!(error, pem::Error::NoItemsFound);
        if is_missing { NoTls::NoKey } else { NoTls::Pem(error) }
    })
}
