//! What tells people that nobody reads their answer. Every applicant can answer every mail (P7), so no template says otherwise, in whatever
//! language.

use super::words::{Token, find};

const PHRASES: &[&str] = &[
    "noreply",
    "no reply",
    "donotreply",
    "do not * reply",
    "don t * reply",
    "please * not reply",
    "do not * respond to this",
    "do not * answer this",
    "not monitored",
    "unmonitored",
    "replies are not * read",
    "replies will not * read",
    "replies to this * are not",
    "cannot be replied",
    "can not be replied",
    "cannot receive replies",
    "unable to respond to replies",
    "send only",
    "nicht * antworten",
    "antworten sie * nicht",
    "nicht auf diese * mail * antworten",
    "antworten * werden nicht * gelesen",
    "antworten * nicht bearbeitet",
    "kann * nicht * beantwortet",
    "können * nicht * beantwortet",
    "postfach wird nicht",
    "nicht überwacht",
    "keine antwort * möglich",
    "ne * pas * répondre",
    "ne * répondez * pas",
    "n est pas * consultée",
    "n est pas * surveillée",
    "n est pas * relevée",
    "ne peut recevoir * réponse",
    "réponses * ne sont pas lues",
    "ne sera pas lue",
    "no * responda",
    "no * responder",
    "no * conteste",
    "no * contestar",
    "no * supervisa",
    "no * se lee",
    "no * se leen",
    "no * admite respuestas",
    "no * recibe respuestas",
    "no * atiende",
];

pub(super) fn said(tokens: &[Token]) -> impl Iterator<Item = (usize, String)> {
    PHRASES.iter().filter_map(|phrase| find(tokens, phrase))
}
