//! What was accepted, and how much of it is kept.

use std::time::Instant;

/// How much of a message outlives its acceptance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// For benches and long drills, some 300 bytes a message: Message-ID, recipients and time; sender and content stay empty.
    Identity,
    #[default]
    Everything,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// Empty for the null sender.
    pub sender: String,
    pub recipients: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct AcceptedMessage {
    /// As it stands in the header, angle brackets included; empty if there is none.
    pub message_id: String,
    pub envelope: Envelope,
    /// Header and body as the client meant them, without dot stuffing (RFC 5321, section 4.5.2).
    pub content: Vec<u8>,
    /// When the sink decided to take it, before it said so.
    pub accepted_at: Instant,
}

impl Keep {
    /// `wire` is the content as it was sent, without the final dot.
    pub(super) fn keeps(self, message_id: String, mut envelope: Envelope, wire: &[u8]) -> AcceptedMessage {
        let content = match self {
            Self::Identity => {
                envelope.sender = String::new();
                envelope.recipients.shrink_to_fit();
                Vec::new()
            }
            Self::Everything => unstuffed(wire),
        };
        AcceptedMessage { message_id, envelope, content, accepted_at: Instant::now() }
    }
}

/// The field may be folded after its colon (RFC 5322, section 2.2.3).
pub(super) fn message_id(content: &[u8]) -> String {
    const NAME: &[u8] = b"message-id:";
    let mut rest = content;
    loop {
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        if line.is_empty() || line == b"\r" {
            return String::new();
        }
        if line.get(..NAME.len()).is_some_and(|start| start.eq_ignore_ascii_case(NAME)) {
            let value = &rest[NAME.len()..];
            let end = memchr::memchr(b'>', value).map_or(0, |at| at + 1);
            return String::from_utf8_lossy(&value[..end]).trim().to_owned();
        }
        rest = rest.get(line.len() + 1..).unwrap_or_default();
    }
}

fn unstuffed(wire: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(wire.len());
    for line in wire.split_inclusive(|&byte| byte == b'\n') {
        content.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_id_is_found_folded_in_any_case_and_only_in_the_header() {
        for (content, expected) in [
            ("From: a@b.c\r\nMessage-ID: <1@example.com>\r\n\r\n", "<1@example.com>"),
            ("message-id:\r\n <2@example.com>\r\nTo: a@b.c\r\n\r\n", "<2@example.com>"),
            ("Subject: no\r\n\r\nMessage-ID: <3@example.com>\r\n", ""),
            ("Message-ID: broken\r\n\r\n", ""),
            ("", ""),
        ] {
            assert_eq!(message_id(content.as_bytes()), expected, "{content:?}");
        }
    }

    #[test]
    fn a_line_that_began_with_a_dot_begins_with_it_again() {
        assert_eq!(unstuffed(b"a\r\n..b\r\n...\r\nc."), b"a\r\n.b\r\n..\r\nc.");
    }
}
