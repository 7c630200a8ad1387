//! What one mail may cost. Whoever writes to us chooses its bytes, so every dimension has an end; what is beyond it is not looked at.

/// Bytes of a mail that are looked at. What a mail says stands at its beginning; large attachments come after it.
pub const MAIL: usize = 32 << 20;
/// Bytes of one header block.
pub const HEADER_BLOCK: usize = 256 << 10;
/// Fields of one header block.
pub const HEADER_FIELDS: usize = 500;
/// Bytes of one header field.
pub const HEADER_FIELD: usize = 16 << 10;
/// Parts in all. Real mail has fewer than thirty.
pub const PARTS: usize = 200;
/// Multiparts and mails inside each other.
pub const DEPTH: usize = 20;
/// Bytes of one part's text.
pub const TEXT: usize = 256 << 10;
/// Lines of a person's text; empty ones in a row count as one.
pub const LINES: usize = 20_000;
/// Bytes of a notice that are compared with wordings.
pub const NOTICE: usize = 64 << 10;
/// Recipients that one report may name. Each of our mails has one.
pub const RECIPIENTS: usize = 100;
/// Bytes of an address (RFC 5321, section 4.5.3.1).
pub const ADDRESS: usize = 254;
/// Bytes of a line that is compared with wordings.
pub const LINE: usize = 1000;
/// Elements inside each other in HTML that is shown.
pub const HTML_DEPTH: usize = 200;
/// Attributes of one HTML element that is shown: parsers compare each with all of them.
pub const HTML_ATTRIBUTES: usize = 100;

/// At most so many bytes of it, ending between two letters.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}
