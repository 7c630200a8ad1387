use std::os::unix::process::ExitStatusExt;

use super::*;

const SOON: Duration = Duration::from_secs(10);

fn shell(script: &str) -> Program {
    Program::spawn(Path::new("/bin/sh"), &["-c", script], &[("GREETING", "hello")]).unwrap()
}

#[tokio::test]
async fn a_line_is_found_on_either_output_and_only_when_it_is_whole() {
    let mut program = shell("echo \"ready: $GREETING\"; printf half; echo oops >&2; exec sleep 60");
    assert_eq!(program.wait_for_line("ready", SOON).await.unwrap(), "ready: hello");
    assert_eq!(program.wait_for_line("oops", SOON).await.unwrap(), "oops");
    let late = program.wait_for_line("half", Duration::from_millis(30)).await.unwrap_err();
    assert!(matches!(&late, ProgramError::TooLate { said, .. } if said.contains("ready: hello")), "{late}");
    assert!(program.rss_mb().unwrap() > 0.1);
}

#[tokio::test]
async fn a_program_that_ends_instead_says_how() {
    let mut program = shell("echo no such file >&2; exit 3");
    let ended = program.wait_for_line("ready", SOON).await.unwrap_err();
    assert!(matches!(&ended, ProgramError::Ended { status, said, .. } if status.code() == Some(3) && said == "no such file"), "{ended}");
}

#[tokio::test]
async fn sigterm_can_be_handled_and_sigkill_cannot() {
    let mut program = shell("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done");
    program.wait_for_line("up", SOON).await.unwrap();
    program.terminate().unwrap();
    assert!(program.wait(SOON).await.unwrap().success());
    assert_eq!(program.stdout(), "up\nbye\n");

    let mut program = shell("trap '' TERM; echo up; while :; do sleep 0.01; done");
    program.wait_for_line("up", SOON).await.unwrap();
    program.terminate().unwrap();
    assert!(program.wait(Duration::from_millis(30)).await.is_err());
    assert_eq!(program.kill_9().unwrap().signal(), Some(9));
}

#[tokio::test]
async fn a_dropped_program_is_gone() {
    let program = shell("exec sleep 60");
    let process = format!("/proc/{}", program.pid());
    assert!(Path::new(&process).exists());
    drop(program);
    assert!(!Path::new(&process).exists());
}

#[tokio::test]
async fn a_url_is_waited_for_until_it_answers_200() {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/health?deep=1", server.local_addr().unwrap());
    let answering = tokio::spawn(async move {
        let mut asked = String::new();
        for status in ["503 Service Unavailable", "200 OK"] {
            let (mut stream, _) = server.accept().await.unwrap();
            let mut request = [0; 1024];
            let read = stream.read(&mut request).await.unwrap();
            asked = String::from_utf8_lossy(&request[..read]).into_owned();
            stream.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await.unwrap();
        }
        asked
    });
    let mut program = shell("exec sleep 60");
    program.wait_for_url(&url, SOON).await.unwrap();
    assert!(answering.await.unwrap().starts_with("GET /health?deep=1 HTTP/1.1\r\n"));
    assert!(matches!(program.wait_for_url("postgres://x", SOON).await, Err(ProgramError::Url(_))));
}
