//! The words of the status page, a file for each language.

mod de;
mod en;
mod es;
mod fr;

use hearback_domain::{
    application::{Stage, Status},
    locale::Locale,
};
use minijinja::{Value, context};

use super::reply::Wrong;

/// Everything that the page and its question say, but for how the application stands.
pub(super) struct Words {
    /// In front of the title of the job: of the browser's window, and above the headline.
    title: &'static str,
    over: &'static str,
    next: &'static str,
    /// Around the date of the next word.
    promise: [&'static str; 2],
    /// The acknowledgement is not out yet.
    soon: &'static str,
    steps: &'static str,
    /// For who hears the page: beside a stage that is behind, and the one that it is at.
    done: &'static str,
    now: &'static str,
    so_far: &'static str,
    received: &'static str,
    reach: &'static str,
    reach_text: &'static str,
    /// In front of what they wrote; above the box, and on its button.
    you: &'static str,
    write: &'static str,
    send: &'static str,
    /// Nothing in it, too long, too often.
    wrong: [&'static str; 3],
    withdraw: &'static str,
    withdraw_text: &'static str,
    withdraw_link: &'static str,
    footer: &'static str,
    ask: Ask,
}

/// The question before an application is withdrawn.
pub(super) struct Ask {
    headline: &'static str,
    lead: &'static str,
    /// What follows, each in a sentence.
    follows: [&'static str; 3],
    yes: &'static str,
    no: &'static str,
}

impl Words {
    pub(super) fn value(&self) -> Value {
        let Self {
            title,
            over,
            next,
            promise,
            soon,
            steps,
            done,
            now,
            so_far,
            received,
            reach,
            reach_text,
            you,
            write,
            send,
            wrong: _,
            withdraw,
            withdraw_text,
            withdraw_link,
            footer,
            ask,
        } = self;
        context! { title => *title, over => *over, next => *next, promise => promise.to_vec(), soon => *soon, steps => *steps, done => *done, now => *now, so_far => *so_far, received => *received, reach => *reach, reach_text => *reach_text, you => *you, write => *write, send => *send, withdraw => *withdraw, withdraw_text => *withdraw_text, withdraw_link => *withdraw_link, footer => *footer, ask => ask.value() }
    }
}

impl Words {
    /// Why what stands in the box was not sent.
    pub(super) const fn wrong(&self, wrong: Wrong) -> &'static str {
        let [empty, too_long, too_many] = self.wrong;
        match wrong {
            Wrong::Empty => empty,
            Wrong::TooLong => too_long,
            Wrong::TooMany => too_many,
        }
    }
}

impl Ask {
    fn value(&self) -> Value {
        let Self { headline, lead, follows, yes, no } = self;
        context! { headline => *headline, lead => *lead, follows => follows.to_vec(), yes => *yes, no => *no }
    }
}

pub(super) const fn words(locale: Locale) -> &'static Words {
    match locale {
        Locale::En => &en::WORDS,
        Locale::De => &de::WORDS,
        Locale::Fr => &fr::WORDS,
        Locale::Es => &es::WORDS,
    }
}

/// Where it stands in one sentence, and what that means in another.
pub(super) const fn told(locale: Locale, status: Status, stage: Stage) -> [&'static str; 2] {
    match locale {
        Locale::En => en::told(status, stage),
        Locale::De => de::told(status, stage),
        Locale::Fr => fr::told(status, stage),
        Locale::Es => es::told(status, stage),
    }
}

/// A stage by its name.
pub(super) const fn stage_name(locale: Locale, stage: Stage) -> &'static str {
    match locale {
        Locale::En => en::stage(stage),
        Locale::De => de::stage(stage),
        Locale::Fr => fr::stage(stage),
        Locale::Es => es::stage(stage),
    }
}
