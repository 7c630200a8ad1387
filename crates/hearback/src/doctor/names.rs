//! What the domain name system says.

use std::{net::SocketAddr, time::Duration};

use hickory_resolver::{
    Resolver, TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig},
    net::runtime::TokioRuntimeProvider,
    proto::rr::{RData, RecordType},
};

/// A name server that does not answer is no news about a domain.
const PATIENCE: Duration = Duration::from_secs(3);

pub(crate) struct Names(TokioResolver);

/// Nobody knows whether there are records. For people.
pub(crate) type Unknown = String;

/// Where mail to a domain goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exchange {
    pub(crate) preference: u16,
    /// Without the final dot; empty is a domain that takes no mail (RFC 7505).
    pub(crate) host: String,
}

impl Names {
    /// Asks whom this machine asks, or one server.
    pub(crate) fn new(server: Option<SocketAddr>) -> Result<Self, Unknown> {
        let mut builder = match server {
            None => Resolver::builder(TokioRuntimeProvider::default()).map_err(|error| error.to_string())?,
            Some(address) => {
                let [mut udp, mut tcp] = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
                (udp.port, tcp.port) = (address.port(), address.port());
                let server = NameServerConfig::new(address.ip(), true, vec![udp, tcp]);
                Resolver::builder_with_config(ResolverConfig::from_name_servers(vec![server]), TokioRuntimeProvider::default())
            }
        };
        let options = builder.options_mut();
        (options.timeout, options.attempts) = (PATIENCE, 2);
        // Other mail servers do not have this machine's file.
        options.use_hosts_file = ResolveHosts::Never;
        Ok(Self(builder.build().map_err(|error| error.to_string())?))
    }

    /// The best first.
    pub(crate) async fn exchanges(&self, domain: &str) -> Result<Vec<Exchange>, Unknown> {
        let mut exchanges: Vec<Exchange> = self
            .records(domain, RecordType::MX, |data| match data {
                RData::MX(mx) => {
                    let host = mx.exchange.to_ascii().trim_end_matches('.').to_owned();
                    Some(Exchange { preference: mx.preference, host })
                }
                _ => None,
            })
            .await?;
        exchanges.sort_by_key(|exchange| exchange.preference);
        Ok(exchanges)
    }

    /// Each in one piece, however it was cut.
    pub(crate) async fn texts(&self, name: &str) -> Result<Vec<String>, Unknown> {
        self.records(name, RecordType::TXT, |data| match data {
            RData::TXT(txt) => Some(txt.txt_data.iter().map(|piece| String::from_utf8_lossy(piece)).collect()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn has_address(&self, host: &str) -> Result<bool, Unknown> {
        for kind in [RecordType::A, RecordType::AAAA] {
            if !self.records(host, kind, |data| matches!(data, RData::A(_) | RData::AAAA(_)).then_some(())).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// None where there are none, or no such name.
    async fn records<T>(&self, name: &str, kind: RecordType, read: impl Fn(&RData) -> Option<T>) -> Result<Vec<T>, Unknown> {
        // With the dot, this machine's search domains stay out of it.
        match self.0.lookup(format!("{name}."), kind).await {
            Ok(lookup) => Ok(lookup.answers().iter().filter_map(|record| read(&record.data)).collect()),
            Err(error) if error.is_no_records_found() || error.is_nx_domain() => Ok(Vec::new()),
            Err(error) => Err(error.to_string()),
        }
    }
}
