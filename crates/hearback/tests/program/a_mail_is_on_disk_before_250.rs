use std::{process::Stdio, time::Duration};

use hearback_testkit::{free_port, program::Program};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::Command,
    time::timeout,
};

use crate::{banner, program};

const MAIL: &str = "From: robin@example.net\r\nTo: reply+x@replies.example.com\r\nSubject: Re: hello\r\n\r\nThank you.\r\n";

/// Says a line, or nothing, and returns the last line of the answer.
async fn say(stream: &mut BufReader<TcpStream>, words: &str) -> String {
    stream.write_all(words.as_bytes()).await.unwrap();
    let mut line = String::new();
    loop {
        line.clear();
        timeout(Duration::from_secs(20), stream.read_line(&mut line)).await.unwrap().unwrap();
        if line.as_bytes().get(3) != Some(&b'-') {
            return line.trim_end().to_owned();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_is_on_disk_before_250_and_the_same_by_another_way_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("hearback.db").display());
    let lmtp = format!("127.0.0.1:{}", free_port().unwrap());
    let environment = [
        ("HEARBACK_LISTEN", "127.0.0.1:0"),
        ("HEARBACK_DATABASE__URL", url.as_str()),
        ("HEARBACK_MAIL__REPLY_DOMAIN", "replies.example.com"),
        ("HEARBACK_INBOUND__LISTEN", lmtp.as_str()),
    ];
    let mut hearback = Program::spawn(program(), &["serve"], &environment).unwrap();
    banner::read(&mut hearback).await;
    let mut stream = BufReader::new(TcpStream::connect(&lmtp).await.unwrap());
    assert!(say(&mut stream, "").await.starts_with("220 "));
    assert!(say(&mut stream, "LHLO mx.example.com\r\n").await.starts_with("250 "));
    assert!(say(&mut stream, "MAIL FROM:<robin@example.net>\r\n").await.starts_with("250 "));
    assert!(say(&mut stream, "RCPT TO:<bounce+forged@replies.example.com>\r\n").await.starts_with("550 5.1.1"));
    assert!(say(&mut stream, "RCPT TO:<reply+x@replies.example.com>\r\n").await.starts_with("250 "), "a person's mail is not refused");
    assert!(say(&mut stream, "DATA\r\n").await.starts_with("354 "));
    let stored = say(&mut stream, &format!("{MAIL}.\r\n")).await;
    hearback.kill_9().unwrap();
    let (_, id) = stored.split_once("stored as ").unwrap();
    let mut ingest = Command::new(program())
        .args(["ingest", "--sender", "robin@example.net", "--recipient", "REPLY+x@replies.example.com"])
        .envs(environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    ingest.stdin.take().unwrap().write_all(MAIL.as_bytes()).await.unwrap();
    let output = ingest.wait_with_output().await.unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim().replace('_', "-"), id);
}
