//! What is wrong with a template, and what to do about it.

/// Which rule a template breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It does not begin with a subject.
    FrontMatter,
    Syntax,
    /// It has markup that the two parts of a mail cannot both say, or a link to elsewhere.
    Markup,
    UnknownVariable,
    /// A value is printed that may be absent.
    AbsentValue,
    /// A kind has a text of one's own in some languages, and not in all.
    MissingLocale,
    /// A file of the folder is no template.
    UnknownFile,
    /// A time is promised in the template's own words.
    UnboundPromise,
    /// The date that is on record as told is not told.
    MissingPromise,
    MissingLink,
    /// It tells people not to answer.
    NoReply,
    Promotion,
}

impl Rule {
    pub const ALL: &'static [Self] = &[
        Self::FrontMatter,
        Self::Syntax,
        Self::Markup,
        Self::UnknownVariable,
        Self::AbsentValue,
        Self::MissingLocale,
        Self::UnknownFile,
        Self::UnboundPromise,
        Self::MissingPromise,
        Self::MissingLink,
        Self::NoReply,
        Self::Promotion,
    ];

    /// For programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FrontMatter => "front_matter",
            Self::Syntax => "syntax",
            Self::Markup => "markup",
            Self::UnknownVariable => "unknown_variable",
            Self::AbsentValue => "absent_value",
            Self::MissingLocale => "missing_locale",
            Self::UnknownFile => "unknown_file",
            Self::UnboundPromise => "unbound_promise",
            Self::MissingPromise => "missing_promise",
            Self::MissingLink => "missing_link",
            Self::NoReply => "no_reply",
            Self::Promotion => "promotion",
        }
    }
}

/// One thing that is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its path, as far as it has one.
    pub file: String,
    /// From 1.
    pub line: usize,
    pub rule: Rule,
    pub what: String,
    /// What to do about it.
    pub change: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, line, rule: _, what, change } = self;
        write!(f, "{file}:{line}: {what}; {change}")
    }
}
