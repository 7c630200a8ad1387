//! A greylist, as Postfix asks one (SMTPD_POLICY_README).

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

/// Answers on a port of its own until the process ends.
#[derive(Debug)]
pub struct Greylist {
    port: u16,
    left: Arc<AtomicU32>,
}

impl Greylist {
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let left = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&left);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counter = Arc::clone(&counter);
                // Postfix keeps a connection for each of its processes.
                thread::spawn(move || answer(&stream, &counter));
            }
        });
        Ok(Self { port, left })
    }

    /// Refuses the next recipients for now.
    pub fn defer_next(&self, recipients: u32) {
        self.left.store(recipients, Ordering::SeqCst);
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

/// A request is lines, ended by an empty one.
fn answer(mut stream: &TcpStream, left: &AtomicU32) -> io::Result<()> {
    for line in BufReader::new(stream).lines() {
        if line?.is_empty() {
            let deferred = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            let action = if deferred { "450 4.2.0 Greylisted, come again" } else { "DUNNO" };
            write!(stream, "action={action}\n\n")?;
        }
    }
    Ok(())
}
