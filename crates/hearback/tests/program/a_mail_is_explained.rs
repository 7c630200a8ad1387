use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::program;

const BOUNCE: &[u8] = b"From: MAILER-DAEMON@mx.example\r\nTo: bounce+mzxw6@jobs.example\r\nSubject: failure notice\r\n\r\n\
    Hi. This is the qmail-send program at mx.example.\r\nI'm afraid I wasn't able to deliver your message to the following addresses.\r\n\r\n\
    <ada@example.com>:\r\n192.0.2.1 does not like recipient.\r\nRemote host said: 550 5.1.1 No such user\r\n";

#[test]
fn a_bounce_is_told_from_a_reply_and_nothing_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("reply.eml"), "From: ada@example.com\r\n\r\nYes, Monday is fine.\r\n").unwrap();
    let mut command = Command::new(program());
    command.args(["inbound", "explain", "reply.eml", "-"]).current_dir(folder.path());
    let mut explaining = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    explaining.stdin.take().unwrap().write_all(BOUNCE).unwrap();
    let output = explaining.wait_with_output().unwrap();
    assert!(output.status.success());
    let lines: Vec<Value> = String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&lines[0]["file"], &lines[0]["kind"], &lines[0]["text"]),
        (&json!("reply.eml"), &json!("reply"), &json!("Yes, Monday is fine."))
    );
    let recipients = json!([{ "address": "ada@example.com", "action": "failed", "status": "5.1.1", "class": "hard" }]);
    assert_eq!((&lines[1]["kind"], &lines[1]["recipients"]), (&json!("bounce"), &recipients));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no database was made");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let output = Command::new(program()).args(["inbound", "explain", "no-such.eml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such.eml cannot be read"));
}
