//! What the fields of the form are called, in each language.

use hearback_domain::locale::Locale;
use minijinja::{Value, context};

pub(super) struct Labels {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) resume: &'static str,
    pub(super) attachments: &'static str,
    files_again: &'static str,
    trap: &'static str,
    send: &'static str,
    for_maker: &'static str,
    unusable: [&'static str; 2],
}

impl Labels {
    pub(super) fn value(&self) -> Value {
        let Self { name, email, resume, attachments, files_again, trap, send, for_maker, unusable } = self;
        context! {
            name => *name, email => *email, resume => *resume, attachments => *attachments, files_again => *files_again, trap => *trap,
            send => *send, for_maker => *for_maker, unusable => unusable.to_vec(),
        }
    }
}

pub(super) const fn labels(locale: Locale) -> Labels {
    match locale {
        Locale::En => Labels {
            name: "Your name",
            email: "Your email address",
            resume: "Your résumé",
            attachments: "Other files",
            files_again: "If you had chosen files, please choose them again: a browser does not keep them.",
            trap: "Leave this empty",
            send: "Send my application",
            for_maker: "For whoever made the form:",
            unusable: ["it sends what cannot be used here (", "). Sent again from this page, it goes without."],
        },
        Locale::De => Labels {
            name: "Ihr Name",
            email: "Ihre E-Mail-Adresse",
            resume: "Ihr Lebenslauf",
            attachments: "Weitere Dateien",
            files_again: "Hatten Sie Dateien ausgewählt, wählen Sie sie bitte noch einmal aus: Ein Browser behält sie nicht.",
            trap: "Dieses Feld leer lassen",
            send: "Meine Bewerbung senden",
            for_maker: "Für alle, die das Formular gemacht haben:",
            unusable: ["Es sendet, was hier nicht gebraucht werden kann (", "). Von dieser Seite aus geht es ohne das."],
        },
        Locale::Fr => Labels {
            name: "Votre nom",
            email: "Votre adresse e-mail",
            resume: "Votre CV",
            attachments: "Autres fichiers",
            files_again: "Si vous aviez choisi des fichiers, choisissez-les à nouveau\u{a0}: un navigateur ne les garde pas.",
            trap: "Laissez ce champ vide",
            send: "Envoyer ma candidature",
            for_maker: "Pour l’auteur du formulaire\u{a0}:",
            unusable: ["il envoie ce qui ne peut pas être utilisé ici (", "). Envoyé depuis cette page, il s’en passe."],
        },
        Locale::Es => Labels {
            name: "Su nombre",
            email: "Su dirección de correo electrónico",
            resume: "Su currículum",
            attachments: "Otros archivos",
            files_again: "Si había elegido archivos, elíjalos otra vez: el navegador no los conserva.",
            trap: "Deje este campo vacío",
            send: "Enviar mi candidatura",
            for_maker: "Para quien hizo el formulario:",
            unusable: ["envía lo que aquí no se puede usar (", "). Desde esta página se envía sin ello."],
        },
    }
}
