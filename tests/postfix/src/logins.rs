//! Who may log in, as Postfix asks a Dovecot: its authentication protocol, version 1.1, as far as PLAIN needs it.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
};

pub const USER: &str = "hearback@mail.test";
pub const PASSWORD: &str = "correct horse battery";

/// `"\0hearback@mail.test\0correct horse battery"` in base64 (RFC 4616).
const RIGHT: &str = "AGhlYXJiYWNrQG1haWwudGVzdABjb3JyZWN0IGhvcnNlIGJhdHRlcnk=";

/// The port that is asked, until the process ends.
pub(super) fn start() -> io::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(&stream));
        }
    });
    Ok(port)
}

fn answer(mut stream: &TcpStream) -> io::Result<()> {
    write!(stream, "VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t0123456789abcdef0123456789abcdef\nDONE\n")?;
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let mut fields = line.split('\t');
        if fields.next() != Some("AUTH") {
            continue;
        }
        let id = fields.next().unwrap_or_default();
        let verdict = if fields.any(|field| field.strip_prefix("resp=") == Some(RIGHT)) { "OK" } else { "FAIL" };
        writeln!(stream, "{verdict}\t{id}\tuser={USER}")?;
    }
    Ok(())
}
