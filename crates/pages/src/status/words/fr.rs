//! French.

use hearback_domain::application::{Stage, Status};

use super::{Ask, Words};

pub(super) const WORDS: Words = Words {
    title: "Votre candidature\u{a0}: ",
    over: "Votre candidature\u{a0}: ",
    next: "La suite",
    promise: [
        "Vous aurez de nos nouvelles au plus tard le ",
        ", même si nous n’avons encore rien décidé d’ici là. Si ce jour passe sans nouvelles, écrivez-nous\u{a0}: l’erreur viendrait de nous.",
    ],
    soon: "Un e-mail de confirmation est en route. Il indique la date à laquelle vous aurez de nos nouvelles au plus tard.",
    steps: "Étapes",
    done: "terminée",
    now: "en cours",
    so_far: "Ce qui s’est passé jusqu’ici",
    received: "Nous avons reçu votre candidature",
    reach: "Joindre une personne",
    reach_text: "Une question, un ajout, une correction ? Écrivez ici, ou répondez à l’un de nos e-mails. Une personne lira votre message et vous répondra par e-mail.",
    you: "Vous avez écrit",
    write: "Votre message",
    send: "Envoyer",
    wrong: [
        "Le message est encore vide : écrivez d’abord quelque chose.",
        "Le message est trop long pour ce champ. Raccourcissez-le, ou envoyez-le par e-mail.",
        "Vous avez beaucoup écrit durant cette heure. Rien n’a été envoyé : réessayez plus tard, ou envoyez un e-mail.",
    ],
    withdraw: "Vous avez changé d’avis\u{a0}?",
    withdraw_text: "Vous pouvez retirer votre candidature à tout moment, sans donner de raison.",
    withdraw_link: "Retirer ma candidature",
    footer: "Cette page montre toujours ce que nous vous avons dit en dernier. Toute personne qui a son lien peut la voir\u{a0}: gardez-le pour vous.",
    ask: Ask {
        headline: "Retirer votre candidature\u{a0}?",
        lead: "Rien n’a encore été fait. Si vous la retirez\u{a0}:",
        follows: [
            "nous ne l’examinerons plus pour ce poste,",
            "nous vous le confirmerons par e-mail,",
            "et vous pourrez postuler à nouveau tant que le poste reste ouvert.",
        ],
        yes: "Oui, retirer ma candidature",
        no: "Non, ne rien changer",
    },
};

pub(super) const fn told(status: Status, stage: Stage) -> [&'static str; 2] {
    match status {
        Status::Active => match stage {
            Stage::Received => ["Nous avons votre candidature.", "Elle attend d’être examinée. Vous n’avez rien à faire."],
            Stage::Review => ["Votre candidature est en cours d’examen.", "Nous la lisons en ce moment. Vous n’avez rien à faire."],
            Stage::Interview => [
                "Votre candidature est à l’étape des entretiens.",
                "Nous aimerions mieux vous connaître. Nous vous écrirons pour la suite.",
            ],
            Stage::Offer => [
                "Votre candidature est à l’étape de la proposition d’embauche.",
                "Nous souhaitons travailler avec vous. Nous vous écrirons pour la suite.",
            ],
        },
        Status::Hired => {
            ["Vous avez le poste.", "Félicitations, nous nous réjouissons de vous accueillir. Nous vous écrirons pour la suite."]
        }
        Status::Rejected => [
            "Nous avons décidé de ne pas donner suite à votre candidature.",
            "Ce n’est sans doute pas la réponse que vous espériez. Merci pour le temps et le soin que vous avez consacrés à votre candidature.",
        ],
        Status::Withdrawn => [
            "Votre candidature est retirée.",
            "Nous ne l’examinerons plus. Si vous ne l’avez pas demandé, ou si vous avez changé d’avis, dites-le-nous.",
        ],
    }
}

pub(super) const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Received => "Reçue",
        Stage::Review => "Examen",
        Stage::Interview => "Entretien",
        Stage::Offer => "Proposition",
    }
}
