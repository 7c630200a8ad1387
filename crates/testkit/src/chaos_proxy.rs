//! A TCP proxy that fails as networks do, when a test says so.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    task::{JoinHandle, JoinSet},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    ToUpstream,
    ToClient,
}

/// What happens to bytes. A change counts at once, for open connections too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Pass,
    /// New connections are reset; open ones go on.
    RefuseNew,
    /// Connections are taken, and no byte gets through until the mode changes.
    BlackHole,
    /// One direction is dead: what is sent that way is lost, and nobody is told.
    HalfOpen(Direction),
    /// Every piece comes late by this much.
    Delay(Duration),
    /// Each connection is reset once it has passed so many bytes this way, counted from its start.
    CutAfter(Direction, u64),
}

/// Listens on 127.0.0.1 until it is dropped; its connections end with it.
#[derive(Debug)]
pub struct ChaosProxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    /// Counts the calls of `cut`.
    cuts: watch::Sender<u64>,
    listening: JoinHandle<()>,
}

impl ChaosProxy {
    /// Passes everything to `upstream`, which need not listen yet.
    pub async fn start(upstream: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (mode, modes) = watch::channel(Mode::Pass);
        let (cuts, cut) = watch::channel(0);
        Ok(Self { address, mode, cuts, listening: tokio::spawn(listen(listener, upstream, modes, cut)) })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Resets every open connection, now.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

impl Drop for ChaosProxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, upstream: SocketAddr, modes: watch::Receiver<Mode>, cuts: watch::Receiver<u64>) {
    let mut connections = JoinSet::new();
    loop {
        // Out of file descriptors: the next connection that ends gives some back.
        let Ok((client, _)) = listener.accept().await else {
            connections.join_next().await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        if *modes.borrow() == Mode::RefuseNew {
            reset_on_drop(&client);
            continue;
        }
        connections.spawn(carry(client, upstream, modes.clone(), cuts.clone()));
    }
}

async fn carry(mut client: TcpStream, upstream: SocketAddr, modes: watch::Receiver<Mode>, mut cuts: watch::Receiver<u64>) {
    cuts.mark_unchanged();
    let Ok(mut server) = TcpStream::connect(upstream).await else { return reset_on_drop(&client) };
    // No error is of use here: a connection that cannot be set up breaks in another way.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let there = Pump { from: from_client, to: to_server, direction: Direction::ToUpstream, passed: 0, modes: modes.clone() };
    let back = Pump { from: from_server, to: to_client, direction: Direction::ToClient, passed: 0, modes };
    let finished = tokio::select! {
        _ = cuts.changed() => Err(Cut),
        both = async { tokio::try_join!(there.run(), back.run()) } => both.map(drop),
    };
    if finished.is_err() {
        reset_on_drop(&client);
        reset_on_drop(&server);
    }
}

/// As a network breaks, and not as a peer that has finished.
fn reset_on_drop(stream: &TcpStream) {
    let _ = stream.set_zero_linger();
}

struct Pump<'a> {
    from: ReadHalf<'a>,
    to: WriteHalf<'a>,
    direction: Direction,
    passed: u64,
    modes: watch::Receiver<Mode>,
}

/// The connection is to be reset.
struct Cut;

impl From<io::Error> for Cut {
    fn from(_: io::Error) -> Self {
        Self
    }
}

impl Pump<'_> {
    /// Until the sender has finished.
    async fn run(mut self) -> Result<(), Cut> {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = self.from.read(&mut buffer).await?;
            self.through_a_black_hole().await?;
            if *self.modes.borrow() == Mode::HalfOpen(self.direction) {
                // Nobody is told of the end either.
                if read == 0 {
                    std::future::pending::<()>().await;
                }
                continue;
            }
            if read == 0 {
                self.to.shutdown().await?;
                return Ok(());
            }
            self.pass(&buffer[..read]).await?;
        }
    }

    /// Waits until there is none.
    async fn through_a_black_hole(&mut self) -> Result<(), Cut> {
        self.modes.wait_for(|mode| *mode != Mode::BlackHole).await.map(drop).map_err(|_| Cut)
    }

    async fn pass(&mut self, bytes: &[u8]) -> Result<(), Cut> {
        let mode = *self.modes.borrow();
        match mode {
            Mode::CutAfter(direction, limit) if direction == self.direction => {
                let left = usize::try_from(limit.saturating_sub(self.passed)).unwrap_or(usize::MAX);
                if bytes.len() >= left {
                    self.to.write_all(&bytes[..left]).await?;
                    return Err(Cut);
                }
            }
            Mode::Delay(time) => tokio::time::sleep(time).await,
            Mode::Pass | Mode::RefuseNew | Mode::BlackHole | Mode::HalfOpen(_) | Mode::CutAfter(..) => {}
        }
        self.to.write_all(bytes).await?;
        self.passed += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
