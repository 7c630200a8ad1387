//! What `serve` says when it is ready, read as a person would.

use std::time::Duration;

use hearback_testkit::program::Program;

pub(crate) struct Banner {
    /// As it stands there, to be pasted into a shell.
    pub(crate) curl: String,
    pub(crate) url: String,
    /// Where the curl posts to.
    pub(crate) door: String,
    pub(crate) publishable: String,
    pub(crate) secret: String,
}

pub(crate) async fn read(hearback: &mut Program) -> Banner {
    hearback.wait_for_line("Secret key", Duration::from_secs(10)).await.unwrap();
    let text = hearback.stdout();
    let behind = |label: &str| text.split_once(label).unwrap().1.split(['\n', ' ', '\'']).next().unwrap().to_owned();
    let mut lines = text.lines().skip_while(|line| !line.contains("curl"));
    let mut curl = String::new();
    for line in lines.by_ref() {
        curl.push_str(line);
        curl.push('\n');
        if !line.ends_with('\\') {
            break;
        }
    }
    let door = behind("curl -sS ");
    let url = door.split_once("/v1/").unwrap().0.to_owned();
    Banner { url, door, publishable: behind("Bearer "), secret: behind("everything else: "), curl }
}
