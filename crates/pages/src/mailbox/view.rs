//! The ways to look at one mail.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    Text,
    Html,
    Headers,
    Source,
}

impl View {
    pub(super) const ALL: [Self; 4] = [Self::Text, Self::Html, Self::Headers, Self::Source];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Html => "html",
            Self::Headers => "headers",
            Self::Source => "source",
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Html => "HTML",
            Self::Headers => "Headers",
            Self::Source => "Source",
        }
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.word() == word)
    }
}
