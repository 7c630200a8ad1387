//! Where a page comes from, as a browser says it (RFC 6454, section 6.2).

use std::{fmt, str::FromStr};

/// `https://jobs.example.com`: scheme, host, and a port that is not the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not an origin: give `https://`, a host and perhaps a port, without a path, such as https://jobs.example.com")]
pub struct InvalidOrigin;

impl Origin {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let text = text.trim().to_ascii_lowercase();
        let text = text.strip_suffix('/').unwrap_or(&text);
        let (scheme, rest) = text.split_once("://").ok_or(InvalidOrigin)?;
        let own_port = match scheme {
            "https" => ":443",
            "http" => ":80",
            _ => return Err(InvalidOrigin),
        };
        let rest = rest.strip_suffix(own_port).unwrap_or(rest);
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (rest, None),
        };
        let is_name = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        let is_literal = |host: &str| {
            let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
            inner.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
        };
        let host_holds = !host.is_empty() && host.len() <= 253 && (is_name(host) || is_literal(host));
        let port_holds = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port));
        if host_holds && port_holds { Ok(Self(format!("{scheme}://{rest}"))) } else { Err(InvalidOrigin) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_browsers_send() {
        for (given, kept) in [
            ("https://Jobs.Example.com/", "https://jobs.example.com"),
            ("https://jobs.example.com:443", "https://jobs.example.com"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://[::1]", "http://[::1]"),
        ] {
            assert_eq!(given.parse::<Origin>().map(|origin| origin.to_string()).as_deref(), Ok(kept), "{given}");
        }
    }

    #[test]
    fn what_no_browser_sends_is_refused() {
        for given in [
            "",
            "*",
            "null",
            "jobs.example.com",
            "ftp://a.example",
            "https://",
            "https://a.example/jobs",
            "https://u@a.example",
            "https://a:0",
            "https://a:x",
            "https://*.example.com",
        ] {
            assert_eq!(given.parse::<Origin>(), Err(InvalidOrigin), "{given}");
        }
    }
}
