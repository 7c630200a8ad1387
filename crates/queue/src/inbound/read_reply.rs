//! What of a person's mail is kept: the words, who wrote them, and the files that are safe to keep.

use std::sync::Arc;

use hearback_domain::attachment::{AttachmentRole, FileKind, file_name};
use hearback_inbound::{
    html::sanitise,
    mime::{Part, attachments, shown_html},
    reply::own_words,
};
use hearback_ledger::NewAttachment;
use sha2::{Digest, Sha256};

/// Files of one mail, and their bytes in all. The whole mail is kept as it came, so nothing that is left out here is lost.
const MOST_FILES: usize = 10;
const MOST_BYTES: usize = 10 << 20;

/// A mail of a person.
#[derive(Clone)]
pub(super) struct Read {
    /// The first address of its `From`.
    pub(super) from: Option<String>,
    pub(super) subject: Option<String>,
    /// In angle brackets.
    pub(super) message_id: Option<String>,
    /// Of the mails that it answers: the nearest first.
    pub(super) answers: Vec<String>,
    /// Sanitised.
    pub(super) html: Option<String>,
    pub(super) files: Vec<NewAttachment>,
    /// How many more files there are.
    pub(super) left_out: u32,
    /// Of an answer that is passed on: only what is surely its sender's.
    pub(super) own_words: Option<String>,
}

/// Takes its time on a large mail: not on a thread that serves others.
pub(super) fn read(raw: &[u8], is_passed_on: bool) -> Read {
    let mail = Part::read(raw);
    let headers = &mail.headers;
    let mut answers = headers.ids("in-reply-to");
    answers.extend(headers.ids("references").into_iter().rev());
    let (mut files, mut left_out, mut bytes) = (Vec::new(), 0, 0);
    for part in attachments(&mail) {
        match file(part) {
            Some(file) if files.len() < MOST_FILES && bytes + file.content.len() <= MOST_BYTES => {
                bytes += file.content.len();
                files.push(file);
            }
            Some(_) | None => left_out += 1,
        }
    }
    let first = |name: &str| headers.addresses(name).into_iter().next();
    Read {
        from: first("from").or_else(|| first("sender")),
        subject: headers.text("subject").filter(|subject| !subject.is_empty()),
        message_id: headers.ids("message-id").into_iter().next(),
        answers,
        html: shown_html(&mail).map(|html| sanitise(&html)),
        files,
        left_out,
        own_words: is_passed_on.then(|| own_words(&mail)),
    }
}

/// What a file is follows from its bytes, and what is none of what applicants send is not kept apart from its mail.
fn file(part: &Part<'_>) -> Option<NewAttachment> {
    let content = part.content();
    let kind = FileKind::of(&content)?;
    Some(NewAttachment {
        role: AttachmentRole::Other,
        file_name: file_name(&part.file_name().unwrap_or_default(), kind),
        kind,
        sha256: Sha256::digest(&content).into(),
        content: Arc::from(content.as_ref()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_reply_are_kept_within_limits_and_the_others_are_counted() {
        let mut mail = String::from(
            "From: Ada <ada@example.net>\r\nSubject: Re: hi\r\nMessage-ID: <a1@example.net>\r\nIn-Reply-To: <b@x>\r\nReferences: <a@x> <b@x>\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p onclick=x>Hello<script>1</script></p>\r\n",
        );
        for number in 0..12 {
            mail.push_str(&format!(
                "--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"CV {number}.pdf\"\r\n\r\n%PDF-1.7 {number}\r\n"
            ));
        }
        mail.push_str(
            "--b\r\nContent-Type: application/x-msdownload\r\nContent-Disposition: attachment; filename=cv.pdf\r\n\r\nMZ\u{1}\r\n--b--\r\n",
        );
        let Read { from, subject, message_id, answers, html, files, left_out, own_words } = read(mail.as_bytes(), false);
        assert_eq!(
            (from.as_deref(), subject.as_deref(), message_id.as_deref()),
            (Some("ada@example.net"), Some("Re: hi"), Some("<a1@example.net>"))
        );
        assert_eq!(own_words, None);
        assert_eq!(answers, ["<b@x>", "<b@x>", "<a@x>"]);
        assert!(
            html.as_deref().is_some_and(|html| html.contains("Hello") && !html.contains("script") && !html.contains("onclick")),
            "{html:?}"
        );
        assert_eq!((files.len(), left_out), (MOST_FILES, 3), "two too many, and a program");
        assert_eq!((files[1].file_name.as_str(), files[1].kind), ("CV 1.pdf", FileKind::Pdf));
    }
}
