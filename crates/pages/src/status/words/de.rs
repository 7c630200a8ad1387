//! German.

use hearback_domain::application::{Stage, Status};

use super::{Ask, Words};

pub(super) const WORDS: Words = Words {
    title: "Ihre Bewerbung: ",
    over: "Ihre Bewerbung: ",
    next: "Wie es weitergeht",
    promise: [
        "Sie hören spätestens am ",
        " von uns, auch wenn wir bis dahin noch nichts entschieden haben. Vergeht dieser Tag ohne Nachricht, schreiben Sie uns bitte: Der Fehler läge bei uns.",
    ],
    soon: "Eine E-Mail, die das bestätigt, ist auf dem Weg zu Ihnen. Darin steht, bis wann Sie das nächste Mal von uns hören.",
    steps: "Schritte",
    done: "erledigt",
    now: "jetzt",
    so_far: "Was bisher geschah",
    received: "Ihre Bewerbung ist bei uns eingegangen",
    reach: "Mit einem Menschen sprechen",
    reach_text: "Möchten Sie etwas fragen, ergänzen oder berichtigen? Schreiben Sie hier, oder antworten Sie auf eine unserer E-Mails. Ein Mensch liest es und antwortet Ihnen per E-Mail.",
    you: "Sie haben geschrieben",
    write: "Ihre Nachricht",
    send: "Absenden",
    wrong: [
        "Es steht noch nichts darin: Bitte schreiben Sie zuerst etwas.",
        "Es ist zu lang für dieses Feld. Bitte kürzen Sie es, oder schicken Sie es als E-Mail.",
        "Sie haben in dieser Stunde schon viel geschrieben. Es wurde nichts abgeschickt: Bitte versuchen Sie es später noch einmal, oder schicken Sie eine E-Mail.",
    ],
    withdraw: "Haben Sie es sich anders überlegt?",
    withdraw_text: "Sie können Ihre Bewerbung jederzeit zurückziehen und brauchen keinen Grund zu nennen.",
    withdraw_link: "Meine Bewerbung zurückziehen",
    footer: "Diese Seite zeigt immer, was wir Ihnen zuletzt mitgeteilt haben. Wer ihren Link hat, kann sie sehen: Behalten Sie ihn für sich.",
    ask: Ask {
        headline: "Bewerbung zurückziehen?",
        lead: "Noch ist nichts geschehen. Wenn Sie sie zurückziehen:",
        follows: [
            "berücksichtigen wir Sie für diese Stelle nicht weiter,",
            "bestätigen wir Ihnen das per E-Mail,",
            "und Sie können sich später wieder bewerben, solange die Stelle offen ist.",
        ],
        yes: "Ja, meine Bewerbung zurückziehen",
        no: "Nein, alles so lassen",
    },
};

pub(super) const fn told(status: Status, stage: Stage) -> [&'static str; 2] {
    match status {
        Status::Active => match stage {
            Stage::Received => ["Wir haben Ihre Bewerbung.", "Sie wartet auf die erste Durchsicht. Sie brauchen nichts zu tun."],
            Stage::Review => ["Ihre Bewerbung wird geprüft.", "Wir sehen sie uns gerade an. Sie brauchen nichts zu tun."],
            Stage::Interview => [
                "Ihre Bewerbung ist in der Gesprächsphase.",
                "Wir möchten Sie näher kennenlernen. Wie es weitergeht, teilen wir Ihnen per E-Mail mit.",
            ],
            Stage::Offer => [
                "Ihre Bewerbung ist in der Angebotsphase.",
                "Wir möchten mit Ihnen arbeiten. Wie es weitergeht, teilen wir Ihnen per E-Mail mit.",
            ],
        },
        Status::Hired => [
            "Sie haben die Stelle.",
            "Herzlichen Glückwunsch, wir freuen uns sehr auf Sie. Wie es weitergeht, teilen wir Ihnen per E-Mail mit.",
        ],
        Status::Rejected => [
            "Wir haben entschieden, Ihre Bewerbung nicht weiter zu berücksichtigen.",
            "Das ist vermutlich nicht die Antwort, auf die Sie gehofft haben. Danke für die Zeit und die Mühe, die Sie sich mit Ihrer Bewerbung gemacht haben.",
        ],
        Status::Withdrawn => [
            "Ihre Bewerbung ist zurückgezogen.",
            "Wir berücksichtigen sie nicht weiter. Haben Sie nicht darum gebeten, oder haben Sie es sich anders überlegt, sagen Sie es uns bitte.",
        ],
    }
}

pub(super) const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Received => "Eingegangen",
        Stage::Review => "Prüfung",
        Stage::Interview => "Gespräch",
        Stage::Offer => "Angebot",
    }
}
