//! One request to an endpoint. Its name is looked up once, every address is judged, and the connection goes to what was judged: a name that
//! answers otherwise a moment later gains nothing by it. Redirects are not followed, and of the answer only the status is read.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use hearback_domain::webhook::{EndpointUrl, is_public};
use hearback_ledger::{DueWebhook, WebhookReply};
use http_body_util::Full;
use hyper::{
    Request, StatusCode,
    body::Bytes,
    client::conn::http1,
    header::{CONTENT_TYPE, HOST, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    task::JoinSet,
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;

/// From looking up the name to the status line.
const PATIENCE: Duration = Duration::from_secs(15);

/// An answer's head.
const LONGEST_HEAD: usize = 16 * 1024;

pub(super) struct Client {
    loopback: bool,
    tls: TlsConnector,
    patience: Duration,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("its URL is not one that webhooks may be sent to")]
    Url,
    #[error("its name cannot be looked up: {0}")]
    Name(io::Error),
    #[error("its name has no address")]
    NoAddress,
    #[error("its name leads to {0}, which is not an address of the internet at large")]
    Closed(IpAddr),
    #[error("no connection: {0}")]
    Connect(io::Error),
    #[error("no TLS: {0}")]
    Tls(io::Error),
    #[error("no answer: {0}")]
    Http(#[from] hyper::Error),
}

impl Client {
    pub(super) fn new(loopback: bool) -> Self {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        // An organisation's own certificates stand in the system's store, or in the file that SSL_CERT_FILE names in its place.
        let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Self::trusting(loopback, roots)
    }

    pub(super) fn trusting(loopback: bool, roots: RootCertStore) -> Self {
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has cipher suites for TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { loopback, tls: TlsConnector::from(Arc::new(config)), patience: PATIENCE }
    }

    #[cfg(test)]
    pub(super) fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// One try, and how long it took.
    pub(super) async fn send(&self, webhook: &DueWebhook, now: DateTime<Utc>) -> (WebhookReply, Duration) {
        let begun = Instant::now();
        let failed = |status, trouble| WebhookReply::Failed { status, trouble };
        let reply = match timeout(self.patience, self.post(webhook, now)).await {
            Ok(Ok(status)) if status.is_success() => WebhookReply::Taken { status: status.as_u16() },
            Ok(Ok(StatusCode::GONE)) => WebhookReply::Gone,
            Ok(Ok(status)) if status.is_redirection() => failed(Some(status.as_u16()), "redirects are not followed".to_owned()),
            Ok(Ok(status)) => failed(Some(status.as_u16()), format!("it answered {}", status.as_u16())),
            Ok(Err(trouble)) => failed(None, trouble.to_string()),
            Err(_) => failed(None, format!("no answer within {} s", self.patience.as_secs())),
        };
        (reply, begun.elapsed())
    }

    async fn post(&self, webhook: &DueWebhook, now: DateTime<Utc>) -> Result<StatusCode, Trouble> {
        let endpoint = EndpointUrl::parse(webhook.url.url().as_str(), self.loopback).map_err(|_| Trouble::Url)?;
        let url = endpoint.url();
        let (host, port) = (url.host_str().ok_or(Trouble::Url)?, url.port_or_known_default().ok_or(Trouble::Url)?);
        // A URL has brackets around an IPv6 address; names and certificates have none.
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let addresses = permitted(lookup_host((name, port)).await.map_err(Trouble::Name)?, self.loopback)?;
        let stream = TcpStream::connect(addresses.as_slice()).await.map_err(Trouble::Connect)?;
        let request = request(webhook, &endpoint, now)?;
        if url.scheme() == "http" {
            return exchange(stream, request).await;
        }
        let name = ServerName::try_from(name.to_owned()).map_err(|_| Trouble::Url)?;
        exchange(self.tls.connect(name, stream).await.map_err(Trouble::Tls)?, request).await
    }
}

/// One address that is not let through makes the name suspect as a whole.
pub(super) fn permitted(found: impl Iterator<Item = SocketAddr>, loopback: bool) -> Result<Vec<SocketAddr>, Trouble> {
    let judged = |address: SocketAddr| {
        let ip = address.ip();
        let is_let_through = is_public(ip) || (loopback && ip.is_loopback());
        if is_let_through { Ok(address) } else { Err(Trouble::Closed(ip)) }
    };
    let addresses: Vec<SocketAddr> = found.map(judged).collect::<Result<_, _>>()?;
    if addresses.is_empty() { Err(Trouble::NoAddress) } else { Ok(addresses) }
}

fn request(webhook: &DueWebhook, endpoint: &EndpointUrl, now: DateTime<Utc>) -> Result<Request<Full<Bytes>>, Trouble> {
    let url = endpoint.url();
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let authority = url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
    let (id, timestamp) = (webhook.claim.delivery.to_string(), now.timestamp());
    let signatures: Vec<String> = webhook.secrets.iter().map(|secret| secret.sign(&id, timestamp, &webhook.payload)).collect();
    let mut request = Request::post(target);
    if let Some(trace) = &webhook.trace {
        let names = [("x-request-id", trace.request_id()), ("traceparent", trace.traceparent())];
        for (name, value) in names.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            request = request.header(name, value);
        }
    }
    request
        .header(HOST, authority)
        .header(USER_AGENT, concat!("hearback/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signatures.join(" "))
        .body(Full::new(Bytes::from(webhook.payload.clone())))
        .map_err(|_| Trouble::Url)
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<StatusCode, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::Builder::new().max_buf_size(LONGEST_HEAD).handshake(TokioIo::new(stream)).await?;
    // Ends with this function, whatever else the endpoint has to say.
    let mut driving = JoinSet::new();
    driving.spawn(connection);
    Ok(sender.send_request(request).await?.status())
}
