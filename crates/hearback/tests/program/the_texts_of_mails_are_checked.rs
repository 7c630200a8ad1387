use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::program;

fn hearback(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(program()).args(arguments).current_dir(folder).env("NO_COLOR", "1").output().unwrap()
}

#[track_caller]
fn said(output: &Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

/// A folder with every text, to be changed.
fn exported() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let written = said(&hearback(folder.path(), &["templates", "export", "--out", "own"]), 0);
    assert!(written.starts_with("36 texts written to own\n"), "{written}");
    folder
}

fn findings(folder: &Path) -> Vec<(String, String, u64)> {
    let output = hearback(folder, &["templates", "check", "--dir", "own", "--json"]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let count = found["findings"].as_array().unwrap().len();
    assert_eq!((output.status.code(), found["count"].as_u64()), (Some((count > 0).into()), Some(count as u64)));
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let read = |finding: &Value| (text(finding, "file"), text(finding, "rule"), finding["line"].as_u64().unwrap());
    found["findings"].as_array().unwrap().iter().map(read).collect()
}

#[test]
fn what_comes_with_the_program_can_be_sent() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(said(&hearback(folder.path(), &["templates", "check"]), 0), "templates: 36 texts in 4 languages, 0 findings\n");
}

#[test]
fn a_text_of_ones_own_is_checked_by_file_and_line() {
    let folder = exported();
    let own = |name: &str| folder.path().join("own").join(name);
    assert_eq!(findings(folder.path()), []);
    fs::write(
        own("rejected/de.md"),
        "---\nsubject: Ihre Bewerbung\n---\nGuten Tag {{ nmae }},\r\n\r\nwir melden uns in zwei Wochen.\n\nBitte nicht antworten.\n\nUnser \
         Newsletter!\n\n[Ansehen]({{ status_url }})\n",
    )
    .unwrap();
    fs::remove_file(own("hired/fr.md")).unwrap();
    fs::write(own("hired/it.md"), "Ciao").unwrap();
    fs::write(own("hired/.de.md.swp"), "what an editor leaves").unwrap();
    let expected = [
        ("own/hired/fr.md", "missing_locale", 1),
        ("own/hired/it.md", "unknown_file", 1),
        ("own/rejected/de.md", "unknown_variable", 4),
        ("own/rejected/de.md", "unbound_promise", 6),
        ("own/rejected/de.md", "no_reply", 8),
        ("own/rejected/de.md", "promotion", 10),
    ];
    assert_eq!(findings(folder.path()), expected.map(|(file, rule, line)| (file.to_owned(), rule.to_owned(), line)));
    let text = said(&hearback(folder.path(), &["templates", "check", "--dir", "own"]), 1);
    for words in ["own/rejected/de.md:4: `nmae` is no value that letters have", "did you mean `name`?", "languages, 6 findings"] {
        assert!(text.contains(words), "`{words}` is missing in:\n{text}");
    }
}

#[test]
fn a_worker_with_bad_texts_does_not_start_and_says_why() {
    let folder = exported();
    fs::write(folder.path().join("hearback.toml"), "listen = \"127.0.0.1:0\"\n[mail]\ntemplates_dir = \"own\"\n").unwrap();
    said(&hearback(folder.path(), &["config", "check"]), 0);
    let path = folder.path().join("own/received/en.md");
    fs::write(&path, fs::read_to_string(&path).unwrap() + "\nPlease do not reply to this email.\n").unwrap();
    for arguments in [&["serve"][..], &["work"], &["config", "check"]] {
        let refused = said(&hearback(folder.path(), arguments), 1);
        for words in [
            "mail.templates_dir has texts that no applicant should get",
            "own/received/en.md:22: `do not reply` tells the applicant not to answer",
        ] {
            assert!(refused.contains(words), "`{words}` is missing in:\n{refused}");
        }
    }
    fs::remove_dir_all(folder.path().join("own")).unwrap();
    assert!(said(&hearback(folder.path(), &["work"]), 1).contains("mail.templates_dir: own cannot be read: No such file"));
}

#[test]
fn every_mail_is_written_to_look_at_in_ones_own_words() {
    let folder = exported();
    let path = folder.path().join("own/rejected/es.md");
    let own = fs::read_to_string(&path).unwrap().replace("Hemos decidido no seguir adelante", "Hemos decidido no continuar");
    fs::write(&path, own).unwrap();
    said(&hearback(folder.path(), &["templates", "preview", "--dir", "own", "--out", "look"]), 0);
    let read = |name: &str| fs::read_to_string(folder.path().join("look").join(name)).unwrap();
    assert!(read("rejected/es.txt").contains("Hemos decidido no continuar"));
    assert!(read("rejected/es.html").starts_with("<!doctype html><html lang=\"es\""));
    assert!(read("rejected/es.eml").starts_with("Message-ID: "));
    assert!(!read("rejected/es-bare.txt").contains("40 candidaturas"));
    let index = read("index.html");
    for part in ["rejected/es.html", "rejected/es.txt", "rejected/es.eml", "rejected/es-bare.html"] {
        assert!(index.contains(part), "{part}");
    }
}
