//! The texts that mails to applicants are made from: those that come with the program, and those that an operator puts in their place.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use hearback_domain::{locale::Locale, notification::Kind};

pub use crate::lint::{Finding, Rule};
use crate::{lint, render::source};

/// A text for every kind in every language.
#[derive(Clone, Debug)]
pub struct Templates(BTreeMap<(Kind, Locale), Text>);

#[derive(Clone, Debug)]
struct Text {
    /// `None` for one that comes with the program.
    file: Option<PathBuf>,
    text: Cow<'static, str>,
}

/// An operator's folder with texts, and what is wrong with it as far as that shows from the outside.
#[derive(Debug)]
pub struct Folder {
    pub templates: Templates,
    misplaced: Vec<Finding>,
}

/// A folder cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be read: {error}", path = path.display())]
pub struct Unreadable {
    pub path: PathBuf,
    pub error: io::Error,
}

impl Templates {
    /// Those that come with the program.
    pub fn built_in() -> Self {
        let all = pairs().map(|(kind, locale)| ((kind, locale), Text { file: None, text: Cow::Borrowed(source(kind, locale)) }));
        Self(all.collect())
    }

    pub fn text(&self, kind: Kind, locale: Locale) -> &str {
        &self.0[&(kind, locale)].text
    }

    /// Everything that is wrong with the texts themselves.
    pub fn check(&self) -> Vec<Finding> {
        let each = self.0.iter().flat_map(|((kind, locale), Text { file, text })| {
            let shown = file.as_ref().map_or_else(|| built_in_name(*kind, *locale), |file| file.display().to_string());
            lint::check(&shown, *kind, *locale, text)
        });
        each.collect()
    }
}

impl Folder {
    /// `<kind>/<locale>.md`, as in `rejected/de.md`. A kind that has none here keeps those that come with the program.
    pub fn read(folder: &Path) -> Result<Self, Unreadable> {
        let mut templates = Templates::built_in();
        let (mut misplaced, mut replaced) = (Vec::new(), Vec::new());
        for path in files(folder)? {
            let inside = path.strip_prefix(folder).unwrap_or(&path);
            let Some((kind, locale)) = place(inside) else {
                misplaced.push(unknown_file(&path));
                continue;
            };
            match fs::read(&path).map_err(|error| Unreadable { path: path.clone(), error }).map(String::from_utf8)? {
                Ok(text) => {
                    replaced.push((kind, locale));
                    // As Windows ends lines, and with its mark of UTF-8.
                    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
                    templates.0.insert((kind, locale), Text { file: Some(path), text: Cow::Owned(text) });
                }
                Err(_) => misplaced.push(Finding {
                    file: path.display().to_string(),
                    line: 1,
                    rule: Rule::Syntax,
                    what: "is not UTF-8".to_owned(),
                    change: "save it as UTF-8".to_owned(),
                }),
            }
        }
        misplaced.extend(missing(folder, &replaced));
        Ok(Self { templates, misplaced })
    }

    /// Everything that is wrong with it.
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = self.misplaced.clone();
        findings.extend(self.templates.check());
        findings.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
        findings
    }
}

pub(crate) fn pairs() -> impl Iterator<Item = (Kind, Locale)> {
    Kind::ALL.iter().flat_map(|kind| Locale::ALL.iter().map(move |locale| (*kind, *locale)))
}

/// Where a text that comes with the program stands, from its own folder on.
pub fn built_in_name(kind: Kind, locale: Locale) -> String {
    format!("{kind}/{locale}.md")
}

/// Ordered, so that findings are.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Unreadable> {
    let entries = |folder: &Path| -> Result<Vec<PathBuf>, Unreadable> {
        let unreadable = |error| Unreadable { path: folder.to_owned(), error };
        let entries = fs::read_dir(folder).map_err(unreadable)?;
        let paths = entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect::<Result<Vec<_>, _>>()?;
        // What editors and version control leave behind is nobody's mistake.
        Ok(paths.into_iter().filter(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))).collect())
    };
    let mut files = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() { files.extend(entries(&path)?) } else { files.push(path) }
    }
    files.sort();
    Ok(files)
}

fn place(inside: &Path) -> Option<(Kind, Locale)> {
    let (kind, locale) = inside.to_str()?.strip_suffix(".md")?.split_once('/')?;
    Some((kind.parse().ok()?, locale.parse().ok()?))
}

fn unknown_file(path: &Path) -> Finding {
    let words = |all: &[&str]| all.join(", ");
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    let locales: Vec<&str> = Locale::ALL.iter().map(|locale| locale.as_str()).collect();
    Finding {
        file: path.display().to_string(),
        line: 1,
        rule: Rule::UnknownFile,
        what: "is no template".to_owned(),
        change: format!("name it <kind>/<language>.md, or move it elsewhere. Kinds: {}. Languages: {}", words(&kinds), words(&locales)),
    }
}

/// Whoever replaced a text wants to say something else, in every language.
fn missing(folder: &Path, replaced: &[(Kind, Locale)]) -> Vec<Finding> {
    let is_replaced = |kind: Kind| replaced.iter().any(|(other, _)| *other == kind);
    let absent = pairs().filter(|(kind, locale)| is_replaced(*kind) && !replaced.contains(&(*kind, *locale)));
    let finding = |(kind, locale): (Kind, Locale)| Finding {
        file: folder.join(built_in_name(kind, locale)).display().to_string(),
        line: 1,
        rule: Rule::MissingLocale,
        what: format!("is missing, while `{kind}` has a text of yours in another language"),
        change: "write it, or copy the one that comes with the program (hearback templates export)".to_owned(),
    };
    absent.map(finding).collect()
}
