//! `GET /v1/attachments/{id}`: the file itself, to be saved and never shown.

use std::fmt::Write;

use actix_web::{
    HttpRequest, HttpResponse,
    body::SizedStream,
    http::header,
    web::{Bytes, Data},
};
use futures::stream;
use hearback_domain::ids::AttachmentId;
use hearback_ledger::{Attachment, Ledger};

use crate::{
    auth::Recruiter,
    condition::Tag,
    path,
    problem::{Missing, Problem},
    refusals::Showing,
    schema,
    server::Server,
};

/// Download a file
///
/// As it came. It is always offered to be saved: what strangers send is never opened by this server or shown by a browser.
#[utoipa::path(
    get,
    path = "/v1/attachments/{id}",
    operation_id = "downloadAttachment",
    tag = "applications",
    security(("secret_key" = [])),
    params(("id" = schema::AttachmentId, Path, description = "The file's id.")),
    responses(
        (
            status = 200, description = "The file.",
            headers(("Content-Disposition" = String, description = "`attachment`, with the file's name.")),
        ),
        Showing,
    ),
)]
pub(crate) async fn download(server: Data<Server>, recruiter: Recruiter, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let missing = || Problem::NotFound(Missing::Attachment);
    let id: AttachmentId = path::id(&request, Missing::Attachment)?;
    let attachment = server.ledger.attachment(id).await?.ok_or_else(missing)?;
    recruiter.application(&server, attachment.application).await.map_err(|problem| match problem {
        Problem::NotFound(_) => missing(),
        other => other,
    })?;
    let Attachment { file_name, kind, size, sha256, .. } = attachment;
    Ok(HttpResponse::Ok()
        .content_type(kind.as_str())
        .insert_header((header::CONTENT_DISPOSITION, disposition(&file_name)))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::ETAG, Tag::of_digest(&sha256).to_string()))
        .body(SizedStream::new(size, parts(server.ledger.clone(), id))))
}

/// One part in memory at a time. An answer that ends early is one that the caller sees: its length was announced.
fn parts(ledger: Ledger, id: AttachmentId) -> impl futures::Stream<Item = Result<Bytes, Box<dyn std::error::Error>>> {
    stream::try_unfold((ledger, 0), move |(ledger, number)| async move {
        let part = ledger.attachment_part(id, number).await.inspect_err(|error| {
            tracing::warn!(attachment = %id, %error, "a download ends early");
        })?;
        Ok(part.map(|part| (Bytes::from(part), (ledger, number + 1))))
    })
}

/// RFC 6266, with the name once in ASCII and once as RFC 8187 has it.
fn disposition(file_name: &str) -> String {
    let plain: String =
        file_name.chars().map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' }).collect();
    let mut header = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''");
    for byte in file_name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            header.push(char::from(byte));
        } else {
            write!(header, "%{byte:02X}").expect("a string takes all that is written to it");
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_nothing_but_itself() {
        assert_eq!(disposition("CV.pdf"), "attachment; filename=\"CV.pdf\"; filename*=UTF-8''CV.pdf");
        assert_eq!(disposition("Zoë \"x\".pdf"), "attachment; filename=\"Zo_ _x_.pdf\"; filename*=UTF-8''Zo%C3%AB%20%22x%22.pdf");
    }
}
