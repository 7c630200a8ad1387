//! A name server (RFC 1035, over UDP) that knows a few names, and fails where it is told to.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use tokio::{net::UdpSocket, task::JoinHandle};

/// What it knows of a name. A name can have several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    A(Ipv4Addr),
    /// Preference and host; `.` is the null MX of RFC 7505.
    Mx(u16, String),
    Txt(String),
    /// The server could not find out.
    Failure,
    /// It never answers.
    Silence,
}

/// Listens on 127.0.0.1 until it is dropped. Other names do not exist.
#[derive(Debug)]
pub struct DnsServer {
    address: SocketAddr,
    listening: JoinHandle<()>,
}

const TYPE_A: u16 = 1;
const TYPE_MX: u16 = 15;
const TYPE_TXT: u16 = 16;

/// Names without the final dot, in lower case.
type Zone = Vec<(String, Record)>;

impl DnsServer {
    pub async fn start(zone: impl IntoIterator<Item = (&str, Record)>) -> io::Result<Self> {
        let zone: Zone = zone.into_iter().map(|(name, record)| (name.to_owned(), record)).collect();
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = socket.local_addr()?;
        Ok(Self { address, listening: tokio::spawn(listen(socket, zone)) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(socket: UdpSocket, zone: Zone) {
    let mut datagram = [0; 4_096];
    while let Ok((length, client)) = socket.recv_from(&mut datagram).await {
        let Some(reply) = reply(&datagram[..length], &zone) else { continue };
        // Whoever asked may be gone.
        let _unheard = socket.send_to(&reply, client).await;
    }
}

/// `None` for what is no question, and for what is met with silence.
fn reply(query: &[u8], zone: &Zone) -> Option<Vec<u8>> {
    let (name, after) = name(query, 12)?;
    let asked = u16::from_be_bytes(query.get(after..after + 2)?.try_into().ok()?);
    let known: Vec<&Record> = zone.iter().filter(|(other, _)| *other == name).map(|(_, record)| record).collect();
    if known.contains(&&Record::Silence) {
        return None;
    }
    let failure = known.contains(&&Record::Failure);
    let answers: Vec<Vec<u8>> = known.iter().filter_map(|record| data(record, asked)).collect();
    // NOERROR, SERVFAIL, NXDOMAIN.
    let code: u8 = if failure {
        2
    } else if known.is_empty() {
        3
    } else {
        0
    };
    let mut out = query.get(..2)?.to_vec();
    out.extend([0x81, 0x80 | code, 0, 1, 0, answers.len() as u8, 0, 0, 0, 0]);
    out.extend(query.get(12..after + 4)?);
    for data in answers {
        // The name of the question, class IN, kept for a minute.
        out.extend([0xc0, 0x0c]);
        out.extend(asked.to_be_bytes());
        out.extend([0, 1, 0, 0, 0, 60]);
        out.extend((data.len() as u16).to_be_bytes());
        out.extend(data);
    }
    Some(out)
}

fn data(record: &Record, asked: u16) -> Option<Vec<u8>> {
    match (record, asked) {
        (Record::A(address), TYPE_A) => Some(address.octets().to_vec()),
        (Record::Mx(preference, host), TYPE_MX) => {
            let mut data = preference.to_be_bytes().to_vec();
            for label in host.split('.').filter(|label| !label.is_empty()) {
                data.push(label.len() as u8);
                data.extend(label.as_bytes());
            }
            data.push(0);
            Some(data)
        }
        (Record::Txt(text), TYPE_TXT) => {
            let strings = text.as_bytes().chunks(255);
            Some(strings.flat_map(|string| [&[string.len() as u8], string].concat()).collect())
        }
        (Record::A(_) | Record::Mx(..) | Record::Txt(_) | Record::Failure | Record::Silence, _) => None,
    }
}

/// The name at this place, and the place after it. A question has no pointers.
fn name(query: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*query.get(at)?);
        if length == 0 {
            return Some((labels.join("."), at + 1));
        }
        labels.push(String::from_utf8_lossy(query.get(at + 1..at + 1 + length)?).to_lowercase());
        at += 1 + length;
    }
}
