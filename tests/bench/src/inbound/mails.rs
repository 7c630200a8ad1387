//! What comes in: half of it answers of people as mail clients write them, a quarter bounces, a quarter machines that say somebody is away.

use anyhow::Context;
use hearback_domain::{
    ids::NotificationId,
    reply_token::{ReplyAddresses, Way},
};
use hearback_ledger::Ledger;
use hearback_testkit::database::DatabaseKind;
use uuid::Uuid;

use super::REPLY_DOMAIN;
use crate::database::Session;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Reply,
    Bounce,
    Away,
}

impl Sort {
    pub(super) const ALL: &'static [Self] = &[Self::Reply, Self::Bounce, Self::Away];

    /// As the ledger calls it.
    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Bounce => "bounce",
            Self::Away => "auto_reply",
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Mail {
    pub(super) sort: Sort,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) raw: Vec<u8>,
}

/// Bytes of an attachment, before it is base64; one answer in sixteen has one.
const ATTACHMENT: usize = 60_000;

/// One about each message on record.
pub(super) async fn about(ledger: &Ledger, session: &mut Session) -> anyhow::Result<Vec<Mail>> {
    let ids = match session.kind() {
        DatabaseKind::Sqlite => "SELECT hex(id) FROM notification ORDER BY id",
        DatabaseKind::Postgres => "SELECT id::text FROM notification ORDER BY id",
    };
    let addresses = ReplyAddresses::new(REPLY_DOMAIN, ledger.link_keys().as_ref().clone())?;
    let mail = |(number, id): (usize, String)| {
        let id: NotificationId = id.parse::<Uuid>().context("an id of a message")?.into();
        let address = |way| addresses.address(way, id).to_string();
        let who = format!("ada-{number}@mail-{}.example.net", number % 1_000);
        Ok(match number % 4 {
            0 | 2 => Mail { sort: Sort::Reply, raw: reply(number, &who, id), from: who, to: address(Way::Reply) },
            1 => Mail { sort: Sort::Bounce, from: String::new(), to: address(Way::Bounce), raw: bounce(number, &who, id) },
            _ => Mail { sort: Sort::Away, raw: away(number, &who), from: who, to: address(Way::Reply) },
        })
    };
    session.texts(ids).await?.into_iter().enumerate().map(mail).collect()
}

const QUOTED: &str =
    "Thank you for applying for Nurse at Example Health. A person reads what you sent, and you hear from us again by 11 December.";

fn reply(number: usize, who: &str, id: NotificationId) -> Vec<u8> {
    let said = "I would like to add that I can begin in March, and that my new number is below.\r\n\r\nWith kind regards\r\nAda Okafor\r\n"
        .repeat(2);
    let quoted = format!("> {QUOTED}\r\n").repeat(8);
    let html = format!(
        "<html><head><meta charset=\"utf-8\"></head><body><div dir=\"ltr\">{}</div><br><div class=\"gmail_quote\"><div class=\"gmail_attr\">\
         On Tue, 24 Nov 2026 at 10:00, Example Health careers wrote:<br></div><blockquote class=\"gmail_quote\">{}</blockquote></div></body></html>",
        said.replace("\r\n", "<br>\r\n"),
        format!("<p style=\"margin:0 0 1em\">{QUOTED}</p>\r\n").repeat(8)
    );
    let attachment = if number.is_multiple_of(16) {
        let line = format!("{}\r\n", "QUJD".repeat(19));
        let lines = line.repeat(ATTACHMENT / 57);
        format!(
            "--out\r\nContent-Type: application/pdf; name=\"cv.pdf\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"cv.pdf\"\r\n\r\n{lines}\r\n"
        )
    } else {
        String::new()
    };
    format!(
        "{}Message-ID: <reply-{number}@mail.example.net>\r\nIn-Reply-To: <{id}@example.com>\r\nReferences: <{id}@example.com>\r\n\
         From: Ada Okafor <{who}>\r\nTo: Example Health careers <careers@example.com>\r\nSubject: Re: We have your application\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"out\"\r\n\r\n\
         --out\r\nContent-Type: multipart/alternative; boundary=\"in\"\r\n\r\n\
         --in\r\nContent-Type: text/plain; charset=\"UTF-8\"\r\n\r\n{said}\r\nOn Tue, 24 Nov 2026 at 10:00, Example Health careers wrote:\r\n{quoted}\r\n\
         --in\r\nContent-Type: text/html; charset=\"UTF-8\"\r\n\r\n{html}\r\n--in--\r\n{attachment}--out--\r\n",
        trace()
    )
    .into_bytes()
}

fn bounce(number: usize, who: &str, id: NotificationId) -> Vec<u8> {
    format!(
        "{}Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nFrom: MAILER-DAEMON@mx.example.net (Mail Delivery System)\r\n\
         Subject: Undelivered Mail Returned to Sender\r\nTo: sender@example.com\r\nAuto-Submitted: auto-replied\r\n\
         Message-ID: <bounce-{number}@mx.example.net>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\nThis is a MIME-encapsulated message.\r\n\r\n\
         --b\r\nContent-Description: Notification\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
         This is the mail system at host mx.example.net.\r\n\r\nI'm sorry to have to inform you that your message could not\r\nbe delivered to one or more recipients.\r\n\r\n\
         <{who}>: host mail.example.net[192.0.2.1] said: 550 5.1.1 <{who}>: Recipient address rejected: User unknown\r\n\
         --b\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\
         Arrival-Date: Tue, 24 Nov 2026 09:59:59 +0000\r\n\r\nFinal-Recipient: rfc822; {who}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Remote-MTA: dns; mail.example.net\r\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n\
         --b\r\nContent-Description: Undelivered Message\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{id}@example.com>\r\n\
         From: Example Health careers <careers@example.com>\r\nTo: {who}\r\nSubject: We have your application\r\n\r\n{}\r\n--b--\r\n",
        trace(),
        format!("{QUOTED}\r\n").repeat(8)
    )
    .into_bytes()
}

fn away(number: usize, who: &str) -> Vec<u8> {
    format!(
        "{}Message-ID: <away-{number}@mail.example.net>\r\nFrom: Ada Okafor <{who}>\r\nTo: careers@example.com\r\n\
         Subject: Automatic reply: We have your application\r\nAuto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=\"UTF-8\"\r\n\r\nI am away until Monday and read no mail. Thank you for your patience.\r\n",
        trace()
    )
    .into_bytes()
}

/// What the mail servers on the way write at the top.
fn trace() -> String {
    "Received: from mail-wr1-f41.example.net (mail-wr1-f41.example.net [192.0.2.41])\r\n\tby mx.example.com (Postfix) with ESMTPS id 4F2ZyT0Xk1z9sT\r\n\
     \tfor <careers@example.com>; Tue, 24 Nov 2026 10:00:00 +0000 (UTC)\r\nDKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.net; s=20230601;\r\n\
     \th=to:subject:message-id:date:from:in-reply-to:references:mime-version; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n\
     \tb=Qm9keSBvZiBhIHNpZ25hdHVyZSB0aGF0IG5vYm9keSBjaGVja3MsIGFzIGxvbmcgYXMgdGhleSBhcmUu\r\n"
        .to_owned()
}
