//! Cases as files: a mail, a line, and what is expected of it.

use std::{fs, path::Path};

pub(crate) const MARK: &str = "\n===== expected\n";

#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) mail: String,
    pub(crate) expected: String,
}

/// All `.eml` files of a folder and the folders in it, in the order of their names.
pub(crate) fn read(folder: &str) -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut cases = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of cases") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "eml") {
                let text = fs::read_to_string(&path).expect("a case in UTF-8");
                let (mail, expected) = text.split_once(MARK).unwrap_or_else(|| panic!("{} has no line `===== expected`", path.display()));
                let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
                cases.push(Case { name, mail: mail.to_owned(), expected: expected.trim_end_matches('\n').to_owned() });
            }
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}
