//! What is enclosed, and under which name it may be saved.

use crate::{limits, mime::Part};

/// The parts that are no words of the mail: files, pictures, enclosed mails.
pub fn attachments<'m, 'a>(mail: &'m Part<'a>) -> Vec<&'m Part<'a>> {
    let is_file = |part: &&Part<'_>| !part.media.is_multipart() && (part.attached || !part.media.whole.starts_with("text/"));
    mail.each().into_iter().filter(is_file).collect()
}

impl Part<'_> {
    /// The name that the sender gave, as the last part of a path and without letters that lie about the rest.
    pub fn file_name(&self) -> Option<String> {
        let named = |field, attribute| {
            let given = self.headers.content_type(field)?;
            given.attribute(attribute).map(str::to_owned)
        };
        let given = named("content-disposition", "filename").or_else(|| named("content-type", "name"))?;
        let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
        let hidden = |c: char| {
            c.is_control()
                || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        };
        let clean: String = last.chars().filter(|&c| !hidden(c) && !"<>:\"|?*".contains(c)).collect();
        let clean = limits::cut(clean.trim_matches(['.', ' ']), 200);
        (!clean.is_empty()).then(|| clean.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(head: &str) -> Option<String> {
        Part::read(format!("{head}\n\nx").as_bytes()).file_name()
    }

    #[test]
    fn a_name_is_decoded_and_is_no_path() {
        assert_eq!(names("Content-Disposition: attachment; filename=\"CV Ada.pdf\"").as_deref(), Some("CV Ada.pdf"));
        assert_eq!(names("Content-Disposition: attachment; filename*=utf-8''Zeugni%C3%9F.pdf").as_deref(), Some("Zeugniß.pdf"));
        assert_eq!(names("Content-Type: application/pdf; name=\"=?utf-8?q?Zeugni=C3=9F=2Epdf?=\"").as_deref(), Some("Zeugniß.pdf"));
        assert_eq!(names("Content-Disposition: attachment; filename=\"../../etc/passwd\"").as_deref(), Some("passwd"));
        assert_eq!(names("Content-Disposition: attachment; filename=\"cv\u{202e}fdp.exe\"").as_deref(), Some("cvfdp.exe"));
        assert_eq!(names("Content-Disposition: attachment; filename=\"..\""), None);
        assert_eq!(names("Content-Type: text/plain"), None);
    }

    #[test]
    fn files_are_told_from_words() {
        let mail = Part::read(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nwords\n--b\nContent-Type: text/plain; name=a.txt\n\nnotes\n--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n--b--");
        let files: Vec<Vec<u8>> = attachments(&mail).into_iter().map(|part| part.content().into_owned()).collect();
        assert_eq!(files, [b"notes".to_vec(), b"%PDF-".to_vec()]);
    }
}
