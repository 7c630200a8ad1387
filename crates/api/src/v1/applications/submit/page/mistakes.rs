//! What is wrong with a field that an applicant filled in, in their language.

use hearback_domain::locale::Locale;

use crate::fields::{FieldCode, FieldError};

/// A whole sentence. In English the one of the API, which knows the most.
pub(super) fn mistake(locale: Locale, label: &str, error: &FieldError) -> String {
    match locale {
        Locale::En => format!("{label} {}.", error.detail),
        Locale::De => german(error.code).to_owned(),
        Locale::Fr => french(error.code).to_owned(),
        Locale::Es => spanish(error.code).to_owned(),
    }
}

const fn german(code: FieldCode) -> &'static str {
    match code {
        FieldCode::Required | FieldCode::Empty => "Bitte füllen Sie dieses Feld aus.",
        FieldCode::TooLong => "Das ist zu lang.",
        FieldCode::HiddenCharacter => "Darin sind Zeichen, die man nicht sieht. Bitte geben Sie es noch einmal ein.",
        FieldCode::InvalidAddress | FieldCode::AddressLiteral | FieldCode::NobodyReadsIt => {
            "Das ist keine E-Mail-Adresse, an die wir schreiben können. Sie sieht so aus: name@example.com."
        }
        FieldCode::UnsupportedFile => "Eine solche Datei nehmen wir nicht an. Möglich sind PDF, DOCX, ODT, RTF, Text, PNG und JPEG.",
        FieldCode::TooMany => "Das sind zu viele Dateien.",
        _ => "Das kann so nicht stimmen. Bitte sehen Sie es sich noch einmal an.",
    }
}

const fn french(code: FieldCode) -> &'static str {
    match code {
        FieldCode::Required | FieldCode::Empty => "Remplissez ce champ.",
        FieldCode::TooLong => "C’est trop long.",
        FieldCode::HiddenCharacter => "Ce texte contient des caractères invisibles. Saisissez-le à nouveau.",
        FieldCode::InvalidAddress | FieldCode::AddressLiteral | FieldCode::NobodyReadsIt => {
            "Nous ne pouvons pas écrire à cette adresse. Elle doit ressembler à name@example.com."
        }
        FieldCode::UnsupportedFile => "Nous n’acceptons pas ce type de fichier. Envoyez un PDF, DOCX, ODT, RTF, texte, PNG ou JPEG.",
        FieldCode::TooMany => "Il y a trop de fichiers.",
        _ => "Quelque chose ne va pas ici. Vérifiez encore une fois.",
    }
}

const fn spanish(code: FieldCode) -> &'static str {
    match code {
        FieldCode::Required | FieldCode::Empty => "Rellene este campo.",
        FieldCode::TooLong => "Es demasiado largo.",
        FieldCode::HiddenCharacter => "Contiene caracteres que no se ven. Escríbalo otra vez.",
        FieldCode::InvalidAddress | FieldCode::AddressLiteral | FieldCode::NobodyReadsIt => {
            "No podemos escribir a esta dirección. Debe tener esta forma: name@example.com."
        }
        FieldCode::UnsupportedFile => "No aceptamos archivos de este tipo. Envíe un PDF, DOCX, ODT, RTF, texto, PNG o JPEG.",
        FieldCode::TooMany => "Son demasiados archivos.",
        _ => "Aquí hay algo que no puede ser. Revíselo, por favor.",
    }
}
