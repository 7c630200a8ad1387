//! Lists of what programs say, as text files in `wordings/`: one phrase a line, in lower case with single spaces.

use std::sync::LazyLock;

pub(crate) struct Phrases(LazyLock<Vec<&'static str>>);

impl Phrases {
    /// `read` parses the file, once.
    pub(crate) const fn new(read: fn() -> Vec<&'static str>) -> Self {
        Self(LazyLock::new(read))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().copied()
    }

    pub(crate) fn contains(&self, text: &str) -> bool {
        self.iter().any(|phrase| phrase == text)
    }

    /// Whether the text, in lower case with single spaces, says one of them.
    pub(crate) fn said_in(&self, text: &str) -> bool {
        self.iter().any(|phrase| text.contains(phrase))
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
