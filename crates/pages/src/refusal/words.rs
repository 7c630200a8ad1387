//! What a person is told who gets no page, in each language.

use hearback_domain::locale::Locale;

use super::Told;

pub(super) const fn words(locale: Locale, told: Told) -> (&'static str, &'static [&'static str]) {
    match locale {
        Locale::En => english(told),
        Locale::De => german(told),
        Locale::Fr => french(told),
        Locale::Es => spanish(told),
    }
}

const fn english(told: Told) -> (&'static str, &'static [&'static str]) {
    match told {
        Told::NoSuchLink => (
            "This link does not open an application",
            &[
                "Part of it may be missing: some mail programs break long links in two. Please open the link in our email once more, or copy it whole into the address bar.",
                "If that does not help, look for a newer email from us and use the link in there, or simply reply to it. A person will help you.",
            ],
        ),
        Told::NotFound => ("There is no such page", &["Please check the address, or go back to where you came from."]),
        Told::OnlyRead => ("This page can only be read", &["Nothing was changed. Please open its address in a browser."]),
        Told::Later => ("We cannot show this page right now", &["Nothing is lost. Please try again in a minute."]),
        Told::OurFault => (
            "We cannot show this page",
            &[
                "Nothing is lost, and the fault is ours, not yours. Please try again later, or reply to one of our emails. A person will help you.",
            ],
        ),
    }
}

const fn german(told: Told) -> (&'static str, &'static [&'static str]) {
    match told {
        Told::NoSuchLink => (
            "Dieser Link öffnet keine Bewerbung",
            &[
                "Vielleicht fehlt ein Teil davon: Manche Mailprogramme brechen lange Links um. Öffnen Sie den Link in unserer E-Mail bitte noch einmal, oder kopieren Sie ihn ganz in die Adresszeile.",
                "Hilft das nicht, suchen Sie eine neuere E-Mail von uns und nehmen Sie den Link darin, oder antworten Sie einfach darauf. Ein Mensch hilft Ihnen.",
            ],
        ),
        Told::NotFound => ("Diese Seite gibt es nicht", &["Bitte prüfen Sie die Adresse, oder gehen Sie dorthin zurück, woher Sie kamen."]),
        Told::OnlyRead => {
            ("Diese Seite kann man nur lesen", &["Es wurde nichts geändert. Bitte öffnen Sie ihre Adresse in einem Browser."])
        }
        Told::Later => {
            ("Wir können diese Seite gerade nicht zeigen", &["Es ist nichts verloren. Bitte versuchen Sie es in einer Minute noch einmal."])
        }
        Told::OurFault => (
            "Wir können diese Seite nicht zeigen",
            &[
                "Es ist nichts verloren, und der Fehler liegt bei uns. Bitte versuchen Sie es später noch einmal, oder antworten Sie auf eine unserer E-Mails. Ein Mensch hilft Ihnen.",
            ],
        ),
    }
}

const fn french(told: Told) -> (&'static str, &'static [&'static str]) {
    match told {
        Told::NoSuchLink => (
            "Ce lien n’ouvre aucune candidature",
            &[
                "Il en manque peut-être une partie\u{a0}: certains logiciels de messagerie coupent les longs liens. Ouvrez encore une fois le lien de notre e-mail, ou copiez-le en entier dans la barre d’adresse.",
                "Si cela n’aide pas, cherchez un e-mail plus récent de notre part et utilisez son lien, ou répondez-y simplement. Une personne vous aidera.",
            ],
        ),
        Told::NotFound => ("Cette page n’existe pas", &["Vérifiez l’adresse, ou revenez à la page précédente."]),
        Told::OnlyRead => ("Cette page peut seulement être lue", &["Rien n’a été modifié. Ouvrez son adresse dans un navigateur."]),
        Told::Later => ("Nous ne pouvons pas afficher cette page pour le moment", &["Rien n’est perdu. Réessayez dans une minute."]),
        Told::OurFault => (
            "Nous ne pouvons pas afficher cette page",
            &[
                "Rien n’est perdu, et l’erreur vient de nous. Réessayez plus tard, ou répondez à l’un de nos e-mails. Une personne vous aidera.",
            ],
        ),
    }
}

const fn spanish(told: Told) -> (&'static str, &'static [&'static str]) {
    match told {
        Told::NoSuchLink => (
            "Este enlace no abre ninguna candidatura",
            &[
                "Puede que falte una parte: algunos programas de correo cortan los enlaces largos. Abra otra vez el enlace de nuestro correo, o cópielo entero en la barra de direcciones.",
                "Si no funciona, busque un correo nuestro más reciente y use su enlace, o simplemente respóndalo. Le ayudará una persona.",
            ],
        ),
        Told::NotFound => ("Esta página no existe", &["Compruebe la dirección, o vuelva a la página anterior."]),
        Told::OnlyRead => ("Esta página solo se puede leer", &["No se ha cambiado nada. Abra su dirección en un navegador."]),
        Told::Later => ("Ahora mismo no podemos mostrar esta página", &["No se ha perdido nada. Vuelva a intentarlo dentro de un minuto."]),
        Told::OurFault => (
            "No podemos mostrar esta página",
            &[
                "No se ha perdido nada, y el error es nuestro. Vuelva a intentarlo más tarde, o responda a uno de nuestros correos. Le ayudará una persona.",
            ],
        ),
    }
}
