//! English.

use hearback_domain::application::{Stage, Status};

use super::{Ask, Words};

pub(super) const WORDS: Words = Words {
    title: "Your application: ",
    over: "Your application for ",
    next: "What comes next",
    promise: [
        "You will hear from us by ",
        ", even if we have no decision by then. If that day passes without a word, please write to us: the mistake would be ours.",
    ],
    soon: "An email that confirms this is on its way to you. It names the date by which you will hear from us next.",
    steps: "Stages",
    done: "done",
    now: "now",
    so_far: "What happened so far",
    received: "We received your application",
    reach: "Reach a person",
    reach_text: "Is there something to ask, add or correct? Write here, or reply to any of our emails. A person will read it, and answers you by email.",
    you: "You wrote",
    write: "Your message",
    send: "Send",
    wrong: [
        "There is nothing in it yet: please write something first.",
        "It is too long for this box. Please shorten it, or send it as an email.",
        "You have written a lot within the hour. Nothing was sent: please try again later, or send an email.",
    ],
    withdraw: "Changed your mind?",
    withdraw_text: "You can take your application back at any time, and you do not need to give a reason.",
    withdraw_link: "Withdraw my application",
    footer: "This page is always up to date with what we told you. Whoever has its link can see it, so keep the link to yourself.",
    ask: Ask {
        headline: "Withdraw your application?",
        lead: "Nothing has happened yet. If you withdraw it:",
        follows: [
            "we stop considering you for this job,",
            "we confirm it to you by email,",
            "and you can apply again later, as long as the job is open.",
        ],
        yes: "Yes, withdraw my application",
        no: "No, keep it as it is",
    },
};

pub(super) const fn told(status: Status, stage: Stage) -> [&'static str; 2] {
    match status {
        Status::Active => match stage {
            Stage::Received => ["We have your application.", "It is waiting to be reviewed. You do not need to do anything."],
            Stage::Review => ["Your application is being reviewed.", "People are looking at it now. You do not need to do anything."],
            Stage::Interview => [
                "Your application is at the interview stage.",
                "We would like to know more about you. What happens next, we tell you by email.",
            ],
            Stage::Offer => {
                ["Your application is at the offer stage.", "We would like to work with you. What happens next, we tell you by email."]
            }
        },
        Status::Hired => {
            ["You have the job.", "Congratulations, we are very glad to have you with us. What happens next, we tell you by email."]
        }
        Status::Rejected => [
            "We have decided not to go further with your application.",
            "This is probably not the answer you hoped for. Thank you for the time and the thought you put into applying.",
        ],
        Status::Withdrawn => [
            "Your application has been withdrawn.",
            "We will not consider it any further. If you did not ask for this, or have changed your mind, please tell us.",
        ],
    }
}

pub(super) const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Received => "Received",
        Stage::Review => "Review",
        Stage::Interview => "Interview",
        Stage::Offer => "Offer",
    }
}
