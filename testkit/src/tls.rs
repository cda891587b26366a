//! TLS servers with certificates of a test's own: right ones, and each kind of wrong one.

use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What a server shows, and the key to it.
pub struct Identity {
    certificate: CertificateDer<'static>,
    pem: String,
    key: KeyPair,
}

impl Identity {
    /// Vouched for by nobody else.
    pub fn self_signed(name: &str) -> Self {
        let key = key();
        let certificate = params(name).self_signed(&key).expect("the parameters are complete");
        Identity { pem: certificate.pem(), certificate: certificate.into(), key }
    }

    /// Its certificate, for servers that read it from a file.
    pub fn certificate_pem(&self) -> &str {
        &self.pem
    }

    /// Its key, likewise.
    pub fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }
}

/// An authority that nobody knows unless told.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        let mut params = params("authority.test");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, key()).expect("the parameters are complete"))
    }

    /// Its certificate, as operators hand it out.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Vouches for a host name or an address.
    pub fn identity(&self, name: &str) -> Identity {
        self.sign(params(name))
    }

    /// Vouched for it, until some years ago.
    pub fn expired(&self, name: &str) -> Identity {
        let mut params = params(name);
        params.not_before = rcgen::date_time_ymd(2019, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 1);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Identity {
        let key = key();
        let certificate = params.signed_by(&key, &self.0).expect("the parameters are complete");
        Identity { pem: certificate.pem(), certificate: certificate.into(), key }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Authority::new()
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("the system has randomness")
}

fn params(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).expect("a host name or an address")
}

/// The protocols that a server offers in its handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alpn {
    /// HTTP/2, and HTTP/1.1 for those who cannot.
    Http2,
    /// HTTP/1.1 only.
    Http1,
}

/// A listener whose connections are encrypted; for `axum::serve`.
pub struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
    shaken: Arc<AtomicUsize>,
}

impl TlsListener {
    /// Listens on a free port of `ip`.
    ///
    /// # Errors
    /// If there is no such address here.
    pub async fn bind(ip: &str, identity: Identity, alpn: Alpn) -> io::Result<Self> {
        let key = PrivateKeyDer::Pkcs8(identity.key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder.with_no_client_auth().with_single_cert(vec![identity.certificate], key)
            })
            .map_err(io::Error::other)?;
        config.alpn_protocols = match alpn {
            Alpn::Http2 => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Alpn::Http1 => vec![b"http/1.1".to_vec()],
        };
        let tcp = TcpListener::bind((ip, 0)).await?;
        Ok(TlsListener { tcp, acceptor: TlsAcceptor::from(Arc::new(config)), shaken: Arc::default() })
    }

    /// How many handshakes succeeded; counts on.
    pub fn shaken(&self) -> Arc<AtomicUsize> {
        self.shaken.clone()
    }

    /// Where it listens.
    ///
    /// # Errors
    /// None that is known.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, peer) = Listener::accept(&mut self.tcp).await;
            if let Ok(stream) = self.acceptor.accept(stream).await {
                self.shaken.fetch_add(1, Ordering::SeqCst);
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}
