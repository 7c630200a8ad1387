//! What people write, mail program by mail program and language by language.

use crate::cases;
use hearback_inbound::{Kind, explain};

#[test]
fn what_a_person_wrote_is_told_from_what_the_program_added() {
    let cases = cases::read("replies");
    assert!(cases.len() >= 60, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let explained = explain(case.mail.as_bytes());
        let text = explained.text.unwrap_or_default();
        // Never nothing, even where it is not exact.
        assert!(!text.is_empty(), "{}", case.name);
        assert_eq!(explained.kind, Kind::Reply, "{}", case.name);
        assert_eq!(explain(case.mail.replace('\n', "\r\n").as_bytes()).text.as_deref(), Some(text.as_str()), "{}", case.name);
        if text != case.expected {
            wrong.push(format!("{}:\n{text}\n-- expected\n{}\n", case.name, case.expected));
        }
    }
    assert!(wrong.is_empty(), "{} of {} replies:\n\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
