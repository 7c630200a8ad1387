//! Lists of what programs say, as text files in `wordings/`: one phrase a line, in lower case with single spaces.

use std::sync::{LazyLock, OnceLock};

use aho_corasick::{AhoCorasick, MatchKind};

pub(crate) struct Phrases {
    phrases: LazyLock<Vec<&'static str>>,
    /// All of them looked for at once: one by one, they were more than half of the time that a mail takes.
    search: OnceLock<AhoCorasick>,
}

impl Phrases {
    /// `read` parses the file, once.
    pub(crate) const fn new(read: fn() -> Vec<&'static str>) -> Self {
        Self { phrases: LazyLock::new(read), search: OnceLock::new() }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.phrases.iter().copied()
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        self.iter().any(|phrase| phrase == text)
    }

    /// Whether the text, in lower case with single spaces, says one of them.
    pub(crate) fn said_in(&self, text: &str) -> bool {
        self.search().is_match(text)
    }

    /// Where the text, as above, first says one of them.
    pub(crate) fn first_in(&self, text: &str) -> Option<usize> {
        self.search().find(text).map(|found| found.start())
    }

    fn search(&self) -> &AhoCorasick {
        self.search.get_or_init(|| {
            let search = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(&*self.phrases);
            search.expect("a file of phrases is far smaller than an automaton may be")
        })
    }
}

pub(crate) fn read(file: &'static str) -> Vec<&'static str> {
    file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

macro_rules! phrases {
    ($file:literal) => {
        $crate::phrases::Phrases::new(|| {
            $crate::phrases::read(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/wordings/", $file, ".txt")))
        })
    };
}
pub(crate) use phrases;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_is_that_of_any_phrase_wherever_the_phrase_stands_in_the_file() {
        let phrases = Phrases::new(|| vec!["cannot be", "be delivered", "b", "not"]);
        for (text, first) in
            [("it cannot be delivered", Some(3)), ("be delivered", Some(0)), ("a note, a b", Some(2)), ("", None), ("canno", None)]
        {
            assert_eq!(phrases.first_in(text), first, "{text}");
            assert_eq!(phrases.said_in(text), first.is_some(), "{text}");
        }
    }

    #[test]
    fn wordings_are_as_they_are_compared_and_stand_there_once() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("wordings");
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let mut seen = std::collections::HashSet::new();
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let tidy = line.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
                assert_eq!(line, tidy, "{}", path.display());
                assert!(!line.is_empty() && seen.insert(line), "{}: `{line}` is empty, or there twice", path.display());
            }
        }
    }
}
