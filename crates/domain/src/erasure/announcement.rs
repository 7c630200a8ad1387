use crate::locale::Locale;

/// What stands in the last message to somebody who asked for their data to be erased: that it will be, and what that means for the page
/// that the message links to. As plain text, in the place of a recruiter's own words.
pub const fn announcement(locale: Locale) -> &'static str {
    match locale {
        Locale::En => {
            "You asked us to erase your data. We do so once this message has reached your mail provider: your name, your address, what you \
             sent us and what we wrote to you. Your page will not be there any more then."
        }
        Locale::De => {
            "Sie haben uns gebeten, Ihre Daten zu löschen. Das geschieht, sobald diese Nachricht bei Ihrem E-Mail-Anbieter angekommen ist: Ihr \
             Name, Ihre Adresse, alles, was Sie uns geschickt haben, und alles, was wir Ihnen geschrieben haben. Ihre Seite gibt es dann nicht \
             mehr."
        }
        Locale::Fr => {
            "Vous nous avez demandé d’effacer vos données. Nous le ferons dès que ce message sera parvenu à votre fournisseur de messagerie : \
             votre nom, votre adresse, ce que vous nous avez envoyé et ce que nous vous avons écrit. Votre page n’existera alors plus."
        }
        Locale::Es => {
            "Nos ha pedido que borremos sus datos. Lo haremos en cuanto este mensaje haya llegado a su proveedor de correo: su nombre, su \
             dirección, lo que nos envió y lo que le escribimos. Su página dejará entonces de existir."
        }
    }
}
