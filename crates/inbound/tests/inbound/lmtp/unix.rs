//! The same over a socket in the file system.

use std::{os::unix::fs::PermissionsExt as _, os::unix::net::UnixListener};

use hearback_inbound::lmtp::{Limits, Listener, Server};

use super::{Rig, intake::Fake};

#[tokio::test]
async fn a_unix_socket_is_made_replaced_and_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lmtp");
    // A killed process leaves its file.
    drop(UnixListener::bind(&path).unwrap());
    let address = format!("unix:{}", path.display());
    let mut rig = Rig::at(&address, |_| ()).await;
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let mut client = rig.introduced().await;
    client.begins(&["a@jobs.example"]).await;
    client.send("x\r\n.\r\n").await;
    client.hears("250 ").await;

    let another = || async {
        let server = Server::new("jobs.example", Limits::default(), Fake::default()).unwrap();
        Listener::bind(&address.parse().unwrap(), server).await.map(drop).map_err(|error| error.to_string())
    };
    assert!(another().await.unwrap_err().contains("in use"), "the one that listens keeps its file");
    rig.stop();
    client.hears("421 ").await;
    drop(client);
    rig.ended().await;
    assert!(!path.exists());
    std::fs::write(&path, "somebody's file").unwrap();
    assert!(another().await.is_err());
    assert!(path.exists(), "what is no socket is not ours to remove");
}
