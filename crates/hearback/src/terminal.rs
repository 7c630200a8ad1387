//! Text for people: colours only where somebody looks.

use std::{
    env,
    fmt::Display,
    io::{self, IsTerminal},
};

/// Whether what is written may carry colours (see no-color.org).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    colours: bool,
}

impl Paint {
    pub(crate) fn stdout() -> Self {
        Self { colours: wanted(&io::stdout()) }
    }

    pub(crate) fn stderr() -> Self {
        Self { colours: wanted(&io::stderr()) }
    }

    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self { colours: false }
    }

    pub(crate) fn bold(self, text: impl Display) -> String {
        self.sgr("1", text)
    }

    pub(crate) fn dim(self, text: impl Display) -> String {
        self.sgr("2", text)
    }

    pub(crate) fn red(self, text: impl Display) -> String {
        self.sgr("31", text)
    }

    pub(crate) fn green(self, text: impl Display) -> String {
        self.sgr("32", text)
    }

    pub(crate) fn yellow(self, text: impl Display) -> String {
        self.sgr("33", text)
    }

    fn sgr(self, code: &str, text: impl Display) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }
}

pub(crate) fn wanted(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && env::var_os("NO_COLOR").is_none_or(|given| given.is_empty())
}
