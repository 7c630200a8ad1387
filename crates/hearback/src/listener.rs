//! The address that is listened on.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use anyhow::Context;
use tokio::net::TcpSocket;

/// Connections that wait to be accepted while all workers are busy.
const BACKLOG: u32 = 1024;

/// Takes the address over from a process that has just ended, too (SO_REUSEADDR).
pub(crate) fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    bind(address).with_context(|| match address.port() {
        0 => format!("{address} cannot be listened on; change `listen`"),
        port => format!(
            "{address} cannot be listened on; stop what uses port {port}, or set HEARBACK_LISTEN={}:0 for a free one",
            host(address)
        ),
    })
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// What to type into a browser on this machine.
pub(crate) fn local_url(address: SocketAddr) -> String {
    let port = address.port();
    if address.ip().is_unspecified() { format!("http://localhost:{port}") } else { format!("http://{}:{port}", host(address)) }
}

fn host(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named_with_what_to_change() {
        let taken = listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = taken.local_addr().unwrap();
        let error = listen(address).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "{address} cannot be listened on; stop what uses port {}, or set HEARBACK_LISTEN=127.0.0.1:0 for a free one",
                address.port()
            )
        );
    }

    #[test]
    fn a_url_can_be_typed_into_a_browser() {
        for (address, url) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("0.0.0.0:8080", "http://localhost:8080"),
            ("[::]:80", "http://localhost:80"),
            ("[::1]:80", "http://[::1]:80"),
        ] {
            assert_eq!(local_url(address.parse().unwrap()), url);
        }
    }
}
