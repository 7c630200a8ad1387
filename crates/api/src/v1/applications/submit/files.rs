//! The files of a form: what they are for, what they are, and whether they are taken.

use hearback_domain::attachment::{AttachmentRole, FileKind, file_name};
use hearback_ledger::NewAttachment;
use sha2::{Digest, Sha256};

use super::form::ApplicationForm;
use crate::{
    body::multipart::Part,
    fields::{FieldCode, Fields},
};

/// What the form of a page says as its `enctype`.
pub(super) const WITH_FILES: &str = "multipart/form-data";

/// With one résumé: a cover letter, certificates, a portfolio.
const MOST_FILES: usize = 10;

const KINDS: &str = "PDF, DOCX, ODT, RTF, plain text, PNG or JPEG";

/// What a field's files are for; `None` for a field that is no file's.
fn role(field: &str) -> Option<AttachmentRole> {
    match field {
        "resume" => Some(AttachmentRole::Resume),
        "attachments" | "attachments[]" => Some(AttachmentRole::Other),
        _ => None,
    }
}

/// Whoever chose a file believes that it was sent.
pub(super) fn refuse_names(form: &ApplicationForm, fields: &mut Fields) {
    for (field, name) in [("resume", &form.resume), ("attachments", &form.attachments)] {
        if name.is_some() {
            fields.refuse(field, FieldCode::Empty, format!("came without its content: choose the file again, and send it as {WITH_FILES}"));
        }
    }
}

/// Of those that were chosen; what is wrong with one is said with the others' mistakes.
pub(super) fn read(files: Vec<Part<'_>>, fields: &mut Fields) -> Vec<NewAttachment> {
    let mut attachments = Vec::new();
    for Part { name: field, file_name: given, content } in files {
        let given = given.unwrap_or_default();
        // What a browser sends for a file field in which nothing was chosen.
        if given.is_empty() && content.is_empty() {
            continue;
        }
        let Some(role) = role(&field) else {
            fields.refuse(&field, FieldCode::Unknown, "takes no file; `resume` and `attachments` do".to_owned());
            continue;
        };
        if attachments.len() == MOST_FILES {
            fields.refuse(&field, FieldCode::TooMany, format!("has too many files; {MOST_FILES} are taken with one application"));
            continue;
        }
        match FileKind::of(content) {
            _ if content.is_empty() => fields.refuse(&field, FieldCode::Empty, "is an empty file".to_owned()),
            None => fields.refuse(&field, FieldCode::UnsupportedFile, format!("is a file of a kind that is not taken; send {KINDS}")),
            Some(kind) => attachments.push(NewAttachment {
                role,
                file_name: file_name(&given, kind),
                kind,
                content: content.into(),
                sha256: Sha256::digest(content).into(),
            }),
        }
    }
    attachments
}
