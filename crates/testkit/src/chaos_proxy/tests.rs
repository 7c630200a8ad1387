use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::*;

const SOON: Duration = Duration::from_secs(10);
const NEVER: Duration = Duration::from_millis(50);

/// Gives back what it is sent, and counts it.
async fn echo() -> (SocketAddr, watch::Receiver<u64>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (count, counted) = watch::channel(0);
    tokio::spawn(async move {
        let count = std::sync::Arc::new(count);
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let count = count.clone();
            tokio::spawn(async move {
                let mut buffer = [0; 1024];
                while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                    count.send_modify(|seen| *seen += read as u64);
                    stream.write_all(&buffer[..read]).await.unwrap();
                }
            });
        }
    });
    (address, counted)
}

/// What comes back of `bytes`; `None` if nothing does.
async fn sent(stream: &mut TcpStream, bytes: &[u8]) -> Option<io::Result<Vec<u8>>> {
    if let Err(error) = stream.write_all(bytes).await {
        return Some(Err(error));
    }
    let mut back = vec![0; bytes.len()];
    timeout(NEVER, stream.read_exact(&mut back)).await.ok().map(|read| read.map(|_| back))
}

fn came_back(answer: Option<io::Result<Vec<u8>>>) -> Vec<u8> {
    answer.expect("an answer").expect("a connection that works")
}

#[tokio::test]
async fn a_black_hole_takes_connections_and_lets_nothing_through_until_it_closes() {
    let (upstream, counted) = echo().await;
    let proxy = ChaosProxy::start(upstream).await.unwrap();
    let mut open = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(came_back(sent(&mut open, b"a").await), b"a");
    proxy.set(Mode::BlackHole);
    let mut new = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(sent(&mut open, b"b").await.is_none() && sent(&mut new, b"c").await.is_none());
    assert_eq!(*counted.borrow(), 1);
    proxy.set(Mode::Pass);
    let mut late = [0];
    timeout(SOON, open.read_exact(&mut late)).await.unwrap().unwrap();
    assert_eq!(&late, b"b");
}

#[tokio::test]
async fn a_dead_direction_loses_its_bytes_and_nobody_is_told() {
    let (upstream, mut counted) = echo().await;
    let proxy = ChaosProxy::start(upstream).await.unwrap();
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    proxy.set(Mode::HalfOpen(Direction::ToClient));
    assert!(sent(&mut client, b"a").await.is_none());
    timeout(SOON, counted.wait_for(|seen| *seen == 1)).await.unwrap().unwrap();
    proxy.set(Mode::HalfOpen(Direction::ToUpstream));
    assert!(sent(&mut client, b"b").await.is_none());
    assert_eq!(*counted.borrow(), 1, "lost on the way there");
}

#[tokio::test]
async fn new_connections_are_refused_while_open_ones_go_on() {
    let (upstream, _) = echo().await;
    let proxy = ChaosProxy::start(upstream).await.unwrap();
    let mut open = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(came_back(sent(&mut open, b"a").await), b"a");
    proxy.set(Mode::RefuseNew);
    let refused = match TcpStream::connect(proxy.address()).await {
        Ok(mut new) => timeout(SOON, new.read(&mut [0])).await.unwrap().is_err(),
        Err(_) => true,
    };
    assert!(refused);
    assert_eq!(came_back(sent(&mut open, b"b").await), b"b");
}

#[tokio::test]
async fn a_connection_is_reset_after_its_bytes_or_when_the_test_says_so() {
    let (upstream, mut counted) = echo().await;
    let proxy = ChaosProxy::start(upstream).await.unwrap();
    proxy.set(Mode::CutAfter(Direction::ToUpstream, 3));
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(came_back(sent(&mut client, b"ab").await), b"ab");
    client.write_all(b"cdef").await.unwrap();
    timeout(SOON, counted.wait_for(|seen| *seen == 3)).await.unwrap().unwrap();
    let end = timeout(SOON, client.read_to_end(&mut Vec::new())).await.unwrap();
    assert_eq!(end.map_err(|error| error.kind()), Err(io::ErrorKind::ConnectionReset));

    proxy.set(Mode::Pass);
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(came_back(sent(&mut client, b"a").await), b"a");
    proxy.cut();
    let end = timeout(SOON, client.read(&mut [0])).await.unwrap();
    assert_eq!(end.map_err(|error| error.kind()), Err(io::ErrorKind::ConnectionReset));
    let mut next = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(came_back(sent(&mut next, b"a").await), b"a");
}

#[tokio::test]
async fn a_delay_makes_everything_late_and_an_end_in_order_loses_nothing() {
    let (upstream, _) = echo().await;
    let proxy = ChaosProxy::start(upstream).await.unwrap();
    proxy.set(Mode::Delay(Duration::from_millis(30)));
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    let started = Instant::now();
    client.write_all(b"last words").await.unwrap();
    client.shutdown().await.unwrap();
    let mut back = Vec::new();
    timeout(SOON, client.read_to_end(&mut back)).await.unwrap().unwrap();
    assert_eq!(back, b"last words");
    assert!(started.elapsed() >= Duration::from_millis(60));
}
