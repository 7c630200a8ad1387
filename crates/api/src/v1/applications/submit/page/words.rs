//! What an applicant is told, who neither knows nor cares what an API is, in each language.

use hearback_domain::locale::Locale;

use crate::problem::Code;

pub(super) struct Words {
    pub(super) headline: &'static str,
    pub(super) paragraphs: [&'static str; 1],
    /// Whether sending the form once more can help.
    pub(super) again: bool,
}

/// What the kinds of problems come down to.
#[derive(Clone, Copy)]
enum Told {
    Again,
    Closed,
    Later,
    OurFault,
    TooLarge,
    NoSuchJob,
    Broken,
}

pub(super) const fn words(locale: Locale, code: Code) -> Words {
    let told = told(code);
    let [headline, paragraph] = match locale {
        Locale::En => english(told),
        Locale::De => german(told),
        Locale::Fr => french(told),
        Locale::Es => spanish(told),
    };
    let again = match told {
        Told::Again | Told::Later | Told::OurFault => true,
        Told::Closed | Told::TooLarge | Told::NoSuchJob | Told::Broken => false,
    };
    Words { headline, paragraphs: [paragraph], again }
}

const fn told(code: Code) -> Told {
    match code {
        Code::InvalidBody => Told::Again,
        Code::JobClosed => Told::Closed,
        Code::Unavailable | Code::MalformedBody => Told::Later,
        Code::Internal => Told::OurFault,
        Code::BodyTooLarge => Told::TooLarge,
        Code::NotFound => Told::NoSuchJob,
        Code::Unauthenticated
        | Code::Forbidden
        | Code::InvalidHeader
        | Code::InvalidQuery
        | Code::UnsupportedMediaType
        | Code::IdempotencyKeyReused
        | Code::MalformedJson
        | Code::MethodNotAllowed
        | Code::NotPossible
        | Code::MessageNotPossible
        | Code::CarriedByAnother
        | Code::AppliedAgain
        | Code::Erased
        | Code::KeptByLaw
        | Code::ConfirmationRequired
        | Code::ConfirmationOutdated
        | Code::OperationNotPossible
        | Code::ExternalIdTaken
        | Code::OriginNotAllowed
        | Code::RequestInProgress
        | Code::AnswerLost
        | Code::PreconditionFailed
        | Code::PreconditionRequired
        | Code::TooManyRequests => Told::Broken,
    }
}

const fn english(told: Told) -> [&'static str; 2] {
    match told {
        Told::Again => ["Please look at this once more", "Your application was not sent yet. What you typed is still here."],
        Told::Closed => [
            "This job no longer takes applications",
            "It was closed before your application arrived, so nothing was stored. We are sorry that you took the trouble.",
        ],
        Told::Later => ["Your application could not be stored just now", "Please send it again in a minute. What you typed is still here."],
        Told::OurFault => [
            "Your application could not be stored",
            "The fault is ours, not yours. Please send it again later, or write to the organisation.",
        ],
        Told::TooLarge => {
            ["There is too much in this form", "Your application was not sent. Please go back, and choose fewer or smaller files."]
        }
        Told::NoSuchJob => [
            "There is no such job",
            "Your application was not sent. Please go back, and tell the organisation that the form on their page is out of date.",
        ],
        Told::Broken => [
            "This form does not work",
            "Your application was not sent. The fault is in the page that you came from: please tell the organisation, or apply by mail.",
        ],
    }
}

const fn german(told: Told) -> [&'static str; 2] {
    match told {
        Told::Again => [
            "Bitte sehen Sie sich das noch einmal an",
            "Ihre Bewerbung ist noch nicht abgeschickt. Was Sie eingegeben haben, steht noch da.",
        ],
        Told::Closed => [
            "Auf diese Stelle kann man sich nicht mehr bewerben",
            "Sie wurde geschlossen, bevor Ihre Bewerbung ankam; gespeichert wurde deshalb nichts. Es tut uns leid, dass Sie sich die Mühe gemacht haben.",
        ],
        Told::Later => [
            "Ihre Bewerbung konnte gerade nicht gespeichert werden",
            "Bitte senden Sie sie in einer Minute noch einmal. Was Sie eingegeben haben, steht noch da.",
        ],
        Told::OurFault => [
            "Ihre Bewerbung konnte nicht gespeichert werden",
            "Der Fehler liegt bei uns, nicht bei Ihnen. Bitte senden Sie sie später noch einmal, oder schreiben Sie der Organisation.",
        ],
        Told::TooLarge => [
            "In diesem Formular ist zu viel",
            "Ihre Bewerbung wurde nicht abgeschickt. Bitte gehen Sie zurück und nehmen Sie kleinere oder weniger Dateien.",
        ],
        Told::NoSuchJob => [
            "Diese Stelle gibt es nicht",
            "Ihre Bewerbung wurde nicht abgeschickt. Bitte gehen Sie zurück, und sagen Sie der Organisation, dass das Formular auf ihrer Seite veraltet ist.",
        ],
        Told::Broken => [
            "Dieses Formular funktioniert nicht",
            "Ihre Bewerbung wurde nicht abgeschickt. Der Fehler liegt auf der Seite, von der Sie kommen: Bitte sagen Sie es der Organisation, oder bewerben Sie sich per E-Mail.",
        ],
    }
}

const fn french(told: Told) -> [&'static str; 2] {
    match told {
        Told::Again => ["Vérifiez encore une fois", "Votre candidature n’est pas encore envoyée. Ce que vous avez saisi est toujours là."],
        Told::Closed => [
            "Ce poste n’accepte plus de candidatures",
            "Il a été fermé avant l’arrivée de votre candidature\u{a0}: rien n’a été enregistré. Nous regrettons la peine que vous vous êtes donnée.",
        ],
        Told::Later => [
            "Votre candidature n’a pas pu être enregistrée pour le moment",
            "Envoyez-la à nouveau dans une minute. Ce que vous avez saisi est toujours là.",
        ],
        Told::OurFault => [
            "Votre candidature n’a pas pu être enregistrée",
            "L’erreur vient de nous, pas de vous. Envoyez-la à nouveau plus tard, ou écrivez à l’organisation.",
        ],
        Told::TooLarge => [
            "Ce formulaire contient trop de choses",
            "Votre candidature n’a pas été envoyée. Revenez en arrière et choisissez des fichiers plus petits ou moins nombreux.",
        ],
        Told::NoSuchJob => [
            "Ce poste n’existe pas",
            "Votre candidature n’a pas été envoyée. Revenez en arrière et signalez à l’organisation que le formulaire de sa page n’est plus à jour.",
        ],
        Told::Broken => [
            "Ce formulaire ne fonctionne pas",
            "Votre candidature n’a pas été envoyée. L’erreur vient de la page d’où vous venez\u{a0}: signalez-le à l’organisation, ou postulez par e-mail.",
        ],
    }
}

const fn spanish(told: Told) -> [&'static str; 2] {
    match told {
        Told::Again => ["Revíselo una vez más, por favor", "Su candidatura aún no se ha enviado. Lo que escribió sigue aquí."],
        Told::Closed => [
            "Este puesto ya no admite candidaturas",
            "Se cerró antes de que llegara la suya, así que no se ha guardado nada. Sentimos que se haya tomado la molestia.",
        ],
        Told::Later => {
            ["Su candidatura no se ha podido guardar ahora mismo", "Vuelva a enviarla dentro de un minuto. Lo que escribió sigue aquí."]
        }
        Told::OurFault => [
            "Su candidatura no se ha podido guardar",
            "El error es nuestro, no suyo. Vuelva a enviarla más tarde, o escriba a la organización.",
        ],
        Told::TooLarge => {
            ["Este formulario contiene demasiado", "Su candidatura no se ha enviado. Vuelva atrás y elija menos archivos o más pequeños."]
        }
        Told::NoSuchJob => [
            "Este puesto no existe",
            "Su candidatura no se ha enviado. Vuelva atrás y diga a la organización que el formulario de su página está anticuado.",
        ],
        Told::Broken => [
            "Este formulario no funciona",
            "Su candidatura no se ha enviado. El error está en la página de la que viene: dígaselo a la organización, o presente su candidatura por correo.",
        ],
    }
}
