//! The name under which a request, and what came of it, are found again in the logs and traces of whoever asked: their `X-Request-Id`, and
//! `traceparent` (W3C Trace Context, section 3.2). It goes on with the mail and the webhooks, as it came.

use std::{fmt, str::FromStr};

/// In characters.
const LONGEST_NAME: usize = 128;

/// What a caller named a request by. At least one of the two is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    request_id: Option<String>,
    traceparent: Option<String>,
}

/// A text that is no trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent and a name of a request")]
pub struct InvalidTrace;

impl Trace {
    /// What is not as it should be counts as not given: nobody's application fails for it.
    pub fn of(request_id: Option<&str>, traceparent: Option<&str>) -> Option<Self> {
        let request_id = request_id.filter(|name| is_name(name)).map(str::to_owned);
        let traceparent = traceparent.map(str::trim).filter(|given| trace_id(given).is_some());
        // What later versions add behind the four parts of this one is theirs.
        let traceparent = traceparent.and_then(|given| given.get(..55)).map(|given| format!("00{}", &given[2..]));
        (request_id.is_some() || traceparent.is_some()).then_some(Self { request_id, traceparent })
    }

    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    pub fn traceparent(&self) -> Option<&str> {
        self.traceparent.as_deref()
    }

    /// 32 hexadecimal digits.
    pub fn trace_id(&self) -> Option<&str> {
        self.traceparent.as_deref().and_then(trace_id)
    }
}

/// As it is kept: `traceparent request-id`, with `-` for what is not there.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.traceparent.as_deref().unwrap_or("-"), self.request_id.as_deref().unwrap_or("-"))
    }
}

impl FromStr for Trace {
    type Err = InvalidTrace;

    fn from_str(text: &str) -> Result<Self, InvalidTrace> {
        let (traceparent, request_id) = text.split_once(' ').ok_or(InvalidTrace)?;
        Self::of(Some(request_id), Some(traceparent)).filter(|trace| trace.to_string() == text).ok_or(InvalidTrace)
    }
}

/// What others call a request goes into logs and headers: nothing that could be taken for something else there.
fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/' | b'+' | b'=');
    (1..=LONGEST_NAME).contains(&name.len()) && name != "-" && name.bytes().all(is_plain)
}

/// `version-trace-parent-flags`, where a trace or a parent of zeros only is none.
fn trace_id(given: &str) -> Option<&str> {
    let parts: Vec<&str> = given.split('-').collect();
    let [version, trace, parent, flags, ..] = parts[..] else { return None };
    let is_hex = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_something = |part: &str| part.bytes().any(|byte| byte != b'0');
    let holds = is_hex(version, 2) && version != "ff" && is_hex(trace, 32) && is_hex(parent, 16) && is_hex(flags, 2);
    (holds && is_something(trace) && is_something(parent) && (version != "00" || parts.len() == 4)).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_is_kept_is_read_again() {
        for (name, parent) in [(Some("req-1"), Some(PARENT)), (Some("a.b:c/d+e="), None), (None, Some(PARENT))] {
            let trace = Trace::of(name, parent).unwrap();
            assert_eq!((trace.request_id(), trace.traceparent()), (name, parent));
            assert_eq!(trace.to_string().parse(), Ok(trace));
        }
        assert_eq!(Trace::of(None, Some(PARENT)).unwrap().trace_id(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        for text in ["", "- -", "-", "x y z", "- a b", "00-0 a"] {
            assert_eq!(text.parse::<Trace>(), Err(InvalidTrace), "{text}");
        }
    }

    #[test]
    fn only_a_traceparent_as_the_standard_has_it_counts() {
        let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        let later = Trace::of(None, Some(&format!("cc-{trace}-{parent}-01-what-comes-later"))).unwrap();
        assert_eq!(later.traceparent(), Some(PARENT));
        for wrong in [
            String::new(),
            format!("ff-{trace}-{parent}-01"),
            format!("00-{}-{parent}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{}-{parent}-01", trace.to_uppercase()),
            format!("00-{trace}-{parent}-01-x"),
            format!("00-{trace}"),
        ] {
            assert_eq!(Trace::of(None, Some(&wrong)), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_cannot_pretend_to_be_more() {
        assert!(Trace::of(Some(&"a".repeat(128)), None).is_some());
        for wrong in ["", "-", "a b", "a\"b", "a\r\nBcc: x", &"a".repeat(129), "é"] {
            assert_eq!(Trace::of(Some(wrong), None), None, "{wrong:?}");
        }
    }
}
