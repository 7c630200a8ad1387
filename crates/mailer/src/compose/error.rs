use hearback_domain::one_line::InvalidLine;

use crate::render::RenderError;

/// Why a letter cannot become a mail. None of these goes away by itself: the message is held for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    #[error("{field} {reason}")]
    Line { field: &'static str, reason: InvalidLine },
    #[error("the recruiter's words have a control character")]
    WordsHaveControlCharacter,
    #[error("the recruiter's words are longer than {0} characters")]
    WordsTooLong(usize),
    #[error("the status link is not a plain http(s) address")]
    StatusUrl,
    #[error("the message tells of a new stage, but has none")]
    NoStage,
    #[error("the message is a person's own words, but has none")]
    NoWords,
    #[error("the message promises the next word, but has no date for it")]
    NoPromise,
    #[error("a date is not between the years 1970 and 9999")]
    Date,
    /// The address is valid for us, and cannot be put into a mail.
    #[error("the {0} address cannot be written in a header")]
    Address(&'static str),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("the mail cannot be built: {0}")]
    Build(String),
    #[error("composing panicked")]
    Panicked,
}
