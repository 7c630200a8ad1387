//! Feedback reports (RFC 5965): a provider says that its user pressed "this is spam".

use crate::{
    explained::{Class, Recipient},
    mime::{Headers, Part},
};

/// Whom the report is about: as it says, else as the reported mail says. Providers may blank both out, so that none are left.
pub(crate) fn read(mail: &Part<'_>, returned: Option<&Headers>) -> Option<Vec<Recipient>> {
    let report = mail.each().into_iter().find(|part| part.media.is("message/feedback-report"))?;
    let text = report.text();
    let fields = Headers::read(text.trim_start().as_bytes());
    // "not-spam" takes a complaint back; nothing is to be stopped for it.
    if fields.text("feedback-type").is_some_and(|kind| kind.eq_ignore_ascii_case("not-spam")) {
        return None;
    }
    let mut addresses = fields.addresses("original-rcpt-to");
    for name in ["original-recipient", "removal-recipient"] {
        if addresses.is_empty() {
            addresses = fields.addresses(name);
        }
    }
    if addresses.is_empty() {
        addresses = returned.map(|headers| headers.addresses("to")).unwrap_or_default();
    }
    addresses.dedup_by(|a, b| a.eq_ignore_ascii_case(b));
    Some(addresses.into_iter().map(|address| Recipient { address, action: None, status: None, class: Class::Unknown }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(fields: &str) -> Option<Vec<String>> {
        let mail = format!(
            "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nabuse\n--b\nContent-Type: message/feedback-report\n\n{fields}\n--b--\n"
        );
        let returned = Headers::read(b"To: ada@x.example\n");
        read(&Part::read(mail.as_bytes()), Some(&returned)).map(|all| all.into_iter().map(|one| one.address).collect())
    }

    #[test]
    fn a_complaint_names_its_recipient_or_the_reported_mail_does() {
        assert_eq!(report("Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: <bob@x.example>"), Some(vec!["bob@x.example".into()]));
        assert_eq!(report("Feedback-Type: abuse\nVersion: 1"), Some(vec!["ada@x.example".into()]));
        assert_eq!(report("Feedback-Type: not-spam"), None);
    }
}
