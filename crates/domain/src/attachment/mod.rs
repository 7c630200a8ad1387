//! Files that come with an application: what they are by their own bytes, and what they may be called.

mod name;
mod sniff;
mod zip;

pub use name::file_name;

use crate::closed_set::closed_set;

closed_set! {
    /// What a file is for.
    AttachmentRole, "attachment role" {
        Resume = "resume",
        /// A cover letter, a portfolio, a certificate.
        Other = "other",
    }
}

closed_set! {
    /// What a file may be, by its media type. Whatever a form says a file is counts for nothing: only its bytes do.
    FileKind, "file kind" {
        Pdf = "application/pdf",
        Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Odt = "application/vnd.oasis.opendocument.text",
        Rtf = "application/rtf",
        Text = "text/plain",
        Png = "image/png",
        Jpeg = "image/jpeg",
    }
}

impl FileKind {
    /// What the bytes are; nothing for what is not taken.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        sniff::sniff(bytes)
    }

    /// What names of such files end with; the first is the usual one.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Docx => &["docx"],
            Self::Odt => &["odt"],
            Self::Rtf => &["rtf"],
            Self::Text => &["txt", "text", "md"],
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg"],
        }
    }
}
