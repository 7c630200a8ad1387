//! What whole mails are, provider by provider.

use crate::cases;
use hearback_inbound::{Explained, explain};

/// The lines of an expectation.
fn describe(explained: &Explained) -> String {
    let mut lines = vec![format!("kind {}", explained.kind.as_str())];
    for one in &explained.recipients {
        let action = one.action.map_or("-", |action| action.as_str());
        lines.push(format!("recipient {} {action} {} {}", one.address, one.status.as_deref().unwrap_or("-"), one.class.as_str()));
    }
    lines.extend(explained.message_id.as_ref().map(|id| format!("message_id {id}")));
    lines.extend(explained.token.as_ref().map(|token| format!("token {}", token.text)));
    lines.join("\n")
}

#[test]
fn every_mail_is_what_it_is() {
    let cases = cases::read("mails");
    assert!(cases.iter().filter(|case| case.expected.starts_with("kind bounce")).count() >= 30);
    let mut wrong = Vec::new();
    for case in &cases {
        let (expected, text) = match case.expected.split_once("\ntext") {
            Some((expected, text)) => (expected, Some(text.trim_start().replace("\\n", "\n"))),
            None => (case.expected.as_str(), None),
        };
        // Line ends change on the way; what a mail says does not.
        for mail in [case.mail.clone(), case.mail.replace('\n', "\r\n")] {
            let explained = explain(mail.as_bytes());
            let found = describe(&explained);
            if found != expected {
                wrong.push(format!("{}:\n{found}\n-- expected\n{expected}\n", case.name));
            }
            if text.as_ref().is_some_and(|text| explained.text.as_ref() != Some(text)) {
                wrong.push(format!("{}: text {:?}\n-- expected {text:?}\n", case.name, explained.text));
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{} of {} mails:\n\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn the_printed_form_has_these_fields_and_no_others() {
    let mail =
        b"From: MAILER-DAEMON@x.example\nTo: bounce+abc@us.example\nSubject: failure notice\n\n<ada@x.example>: 550 5.1.1 user unknown\n";
    assert_eq!(
        serde_json::to_string(&explain(mail)).unwrap(),
        r#"{"kind":"bounce","recipients":[{"address":"ada@x.example","action":"failed","status":"5.1.1","class":"hard"}],"message_id":null,"token":"abc","text":null}"#
    );
}
