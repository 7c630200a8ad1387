//! A port for a server that is stopped and started again.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
};

use hearback_domain::random::Random;

/// Below Linux's usual range for outgoing connections (from 32768): a port from inside it may be taken by a client while
/// the server is down, and a client that retries a dead local port can even connect to itself.
pub fn free_port() -> io::Result<u16> {
    let random = Random::from_system();
    loop {
        let port = 20_000 + u16::from_le_bytes(random.bytes()) % 12_000;
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => return Ok(port),
            Err(taken) if taken.kind() == io::ErrorKind::AddrInUse => {}
            Err(other) => return Err(other),
        }
    }
}
