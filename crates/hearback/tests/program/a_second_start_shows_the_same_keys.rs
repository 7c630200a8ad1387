use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use hearback_testkit::program::Program;

use crate::{banner, program};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_start_shows_the_same_keys() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("hearback.db").display());
    let environment = [("HEARBACK_LISTEN", "127.0.0.1:0"), ("HEARBACK_DATABASE__URL", url.as_str())];
    let mut shown = Vec::new();
    for _ in 0..2 {
        let mut hearback = Program::spawn(program(), &["serve"], &environment).unwrap();
        let banner = banner::read(&mut hearback).await;
        shown.push((banner.publishable, banner.secret, banner.door.replace(&banner.url, "")));
        hearback.terminate().unwrap();
        hearback.wait(Duration::from_secs(10)).await.unwrap();
    }
    assert_eq!(shown[0], shown[1]);
    let file = fs::metadata(folder.path().join("hearback.dev-keys")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}
