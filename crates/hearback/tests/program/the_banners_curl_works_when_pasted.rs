use std::{
    process::Command,
    time::{Duration, Instant},
};

use hearback_testkit::program::Program;
use serde_json::Value;

use crate::{banner, program};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_banners_curl_works_when_pasted() {
    let mut hearback = Program::spawn(program(), &[] as &[&str], &[("HEARBACK_LISTEN", "127.0.0.1:0")]).unwrap();
    let banner = banner::read(&mut hearback).await;
    let pasted = Command::new("sh").arg("-c").arg(&banner.curl).env("no_proxy", "*").output().unwrap();
    let began = Instant::now();
    let said = String::from_utf8(pasted.stdout).unwrap();
    assert!(pasted.status.success(), "{}{said}", String::from_utf8_lossy(&pasted.stderr));
    let answer: Value = serde_json::from_str(&said).unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let status_page = http.get(answer["status_url"].as_str().unwrap_or_else(|| panic!("{said}"))).send().await.unwrap();
    assert_eq!(status_page.status(), 200);

    let latest = format!("{}/dev/mailbox/latest", banner.url);
    loop {
        let mail: Value = http.get(format!("{latest}.json")).send().await.unwrap().json().await.unwrap();
        if !mail.is_null() {
            assert_eq!(mail["to"], "robin@example.org");
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(1), "no mail within a second");
    }
    let page = http.get(latest).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("We have your application"));

    hearback.terminate().unwrap();
    let status = hearback.wait(Duration::from_secs(10)).await.unwrap();
    assert!(status.success(), "{status}: {}", hearback.stderr());
}
