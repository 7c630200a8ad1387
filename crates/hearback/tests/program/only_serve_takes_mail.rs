use std::{net::TcpListener, time::Duration};

use hearback_testkit::program::Program;

use crate::program;

const WITHIN: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_taken_lmtp_address_stops_serve_with_what_to_change_and_is_nothing_to_a_worker() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("hearback.db").display());
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let lmtp = taken.local_addr().unwrap().to_string();
    let environment = [
        ("HEARBACK_LISTEN", "127.0.0.1:0"),
        ("HEARBACK_DATABASE__URL", url.as_str()),
        ("HEARBACK_MAIL__REPLY_DOMAIN", "replies.example.com"),
        ("HEARBACK_INBOUND__LISTEN", lmtp.as_str()),
    ];
    let mut serve = Program::spawn(program(), &["serve"], &environment).unwrap();
    let status = serve.wait(WITHIN).await.unwrap();
    assert!(!status.success());
    let said = serve.stderr();
    assert!(said.contains("inbound.listen") && said.contains(&lmtp) && said.contains("Give this one another address"), "{said}");
    let mut work = Program::spawn(program(), &["work"], &environment).unwrap();
    work.wait_for_line("worker ready", WITHIN).await.unwrap();
}
