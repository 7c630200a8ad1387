//! Where a webhook may be sent, as far as its URL tells.

use std::{fmt, net::IpAddr};

use url::{Host, Url};

use super::is_public;

/// `https` to a name or a public address; `http` or `https` to a loopback address only where that is asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointUrl(Url);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpointUrl {
    #[error("must be a URL such as https://hooks.example.com/hearback, of at most 2,000 characters")]
    NotAUrl,
    #[error("must begin with https://")]
    NotHttps,
    #[error("must not have a user or a password in it: what is sent is signed")]
    Login,
    #[error("must not be an address of this machine or of a private network")]
    Closed,
}

impl EndpointUrl {
    pub fn parse(text: &str, loopback: bool) -> Result<Self, InvalidEndpointUrl> {
        const LONGEST: usize = 2_000;
        let mut url = Url::parse(text).ok().filter(|_| text.len() <= LONGEST).ok_or(InvalidEndpointUrl::NotAUrl)?;
        let address = match url.host().ok_or(InvalidEndpointUrl::NotAUrl)? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
        };
        let is_own = loopback && address.is_some_and(|address| address.is_loopback());
        if url.scheme() != "https" && !(url.scheme() == "http" && is_own) {
            return Err(InvalidEndpointUrl::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidEndpointUrl::Login);
        }
        let is_local_name = url.domain().is_some_and(|name| {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        });
        if is_local_name || (!is_own && address.is_some_and(|address| !is_public(address))) {
            return Err(InvalidEndpointUrl::Closed);
        }
        url.set_fragment(None);
        Ok(Self(url))
    }

    pub const fn url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// A path or a query is often as good as a password.
impl fmt::Debug for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EndpointUrl({})", self.0.host_str().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_reached_by_https_and_stands_on_the_internet() {
        for (given, wrong) in [
            ("https://hooks.example.com/a?b=c", None),
            ("https://1.1.1.1:8443/", None),
            ("http://hooks.example.com/", Some(InvalidEndpointUrl::NotHttps)),
            ("ftp://hooks.example.com/", Some(InvalidEndpointUrl::NotHttps)),
            ("https://ada:pw@hooks.example.com/", Some(InvalidEndpointUrl::Login)),
            ("https://127.0.0.1/", Some(InvalidEndpointUrl::Closed)),
            ("https://2130706433/", Some(InvalidEndpointUrl::Closed)),
            ("https://0x7f.1/", Some(InvalidEndpointUrl::Closed)),
            ("https://[::ffff:10.0.0.1]/", Some(InvalidEndpointUrl::Closed)),
            ("https://localhost/", Some(InvalidEndpointUrl::Closed)),
            ("https://a.localhost./", Some(InvalidEndpointUrl::Closed)),
            ("hooks.example.com", Some(InvalidEndpointUrl::NotAUrl)),
            ("", Some(InvalidEndpointUrl::NotAUrl)),
        ] {
            assert_eq!(EndpointUrl::parse(given, false).err(), wrong, "{given}");
        }
    }

    #[test]
    fn plain_http_goes_to_this_machine_only_and_only_where_that_is_asked_for() {
        assert!(EndpointUrl::parse("http://127.0.0.1:8080/", true).is_ok());
        assert_eq!(EndpointUrl::parse("http://127.0.0.1:8080/", false), Err(InvalidEndpointUrl::NotHttps));
        assert_eq!(EndpointUrl::parse("http://10.0.0.1/", true), Err(InvalidEndpointUrl::NotHttps));
        assert_eq!(EndpointUrl::parse("https://10.0.0.1/", true), Err(InvalidEndpointUrl::Closed));
    }
}
