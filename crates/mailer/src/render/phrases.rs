//! The few words that are not in a template: stages, and what stands around a link, in each language.

use hearback_domain::{application::Stage, locale::Locale};

/// Where an application stands: after "it is now" in English, and in the others, where that is said in as many ways as there are stages,
/// after the application itself.
pub(crate) const fn stage_phrase(locale: Locale, stage: Stage) -> &'static str {
    match (locale, stage) {
        (Locale::En, Stage::Received) => "waiting to be reviewed",
        (Locale::En, Stage::Review) => "being reviewed",
        (Locale::En, Stage::Interview) => "at the interview stage",
        (Locale::En, Stage::Offer) => "at the offer stage",
        (Locale::De, Stage::Received) => "wartet auf die erste Durchsicht",
        (Locale::De, Stage::Review) => "wird jetzt geprüft",
        (Locale::De, Stage::Interview) => "ist jetzt in der Gesprächsphase",
        (Locale::De, Stage::Offer) => "ist jetzt in der Angebotsphase",
        (Locale::Fr, Stage::Received) => "attend d’être examinée",
        (Locale::Fr, Stage::Review) => "est en cours d’examen",
        (Locale::Fr, Stage::Interview) => "est à l’étape des entretiens",
        (Locale::Fr, Stage::Offer) => "est à l’étape de la proposition d’embauche",
        (Locale::Es, Stage::Received) => "está pendiente de revisión",
        (Locale::Es, Stage::Review) => "se está revisando",
        (Locale::Es, Stage::Interview) => "está en la fase de entrevistas",
        (Locale::Es, Stage::Offer) => "está en la fase de oferta",
    }
}

/// Between the words of a link and its address, where it is written out. French has a space in front of a colon, at which no line breaks.
pub(crate) const fn colon(locale: Locale) -> &'static str {
    match locale {
        Locale::En | Locale::De | Locale::Es => ": ",
        Locale::Fr => "\u{a0}: ",
    }
}
