//! What is left of a cluster when the process that started it is killed.

use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

#[test]
fn a_killed_process_takes_its_cluster_with_it() {
    let folder = tempfile::tempdir().unwrap();
    // PostgreSQL's own account has to reach its folder in here.
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o1777)).unwrap();
    let mut owner = Command::new(env!("CARGO_BIN_EXE_private_postgres"))
        .env("TMPDIR", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(owner.stdout.take().unwrap()).read_line(&mut url).unwrap();
    let server = url::Url::parse(url.trim()).unwrap().socket_addrs(|| None).unwrap()[0];
    assert!(TcpStream::connect(server).is_ok());
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);

    owner.kill().unwrap();
    owner.wait().unwrap();
    let killed = Instant::now();
    while TcpStream::connect(server).is_ok() || folder.path().read_dir().unwrap().next().is_some() {
        assert!(killed.elapsed() < Duration::from_secs(20), "the server is still there");
        sleep(Duration::from_millis(20));
    }
}
