//! The applicant's own page.

use crate::support::{Seen, open, recruiter};
use actix_web::http::{Method, StatusCode};
use hearback_domain::{
    actor::ActorKind,
    application::{RejectionReason, Stage, Status},
    event::EventKind,
    locale::Locale,
    notification::{Kind, State},
};
use hearback_ledger::Rejection;
use hearback_testkit::{database::DatabaseKind, on_both_databases};

const REJECTED: Rejection =
    Rejection { reason: RejectionReason::PositionFilled, internal_note: None, words: None, send_after: None, exemption: None };

on_both_databases! {
    async fn an_applicant_sees_where_the_application_stands_and_when_the_next_word_comes(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse & \"carer\" <nights>").await;
        // Fourteen days after Monday, 23 November, 09:00 UTC, it is Monday evening on an island in the middle of the Pacific.
        let id = opened.applied(job, "ada@example.net", Some("Pacific/Kiritimati")).await;
        let waiting = opened.status_page(id).await;
        waiting.says("<h1>We have your application.</h1>");
        waiting.does_not_say("You will hear from us by");
        opened.deliver().await;
        let told = opened.status_page(id).await;
        assert_eq!(told.status, StatusCode::OK);
        told.says("<html lang=\"en\">");
        told.says("Your application for Nurse &amp; &quot;carer&quot; &lt;nights&gt;");
        told.says("<strong>Example Health</strong>");
        told.says("You will hear from us by <strong>Monday, 7 December 2026</strong>, even if");
        told.says("We received your application");
        told.says(">Monday, 23 November 2026</time>");
        told.says("<a href=\"mailto:people+jobs@example.com\">people+jobs@example.com</a>");
    }

    async fn dates_are_days_in_the_applicants_own_time_zone(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        opened.clock.advance(chrono::TimeDelta::hours(14));
        let [here, there] = [opened.applied(job, "a@example.net", None).await, opened.applied(job, "b@example.net", Some("America/Toronto")).await];
        opened.deliver().await;
        opened.status_page(here).await.says("<strong>Tuesday, 8 December 2026</strong>");
        opened.status_page(there).await.says("<strong>Monday, 7 December 2026</strong>");
    }

    async fn a_decision_is_shown_once_it_was_told_and_not_before(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let id = opened.applied(job, "ada@example.net", None).await;
        opened.deliver().await;
        let before = opened.status_page(id).await.body;
        opened.ledger.move_stage(&[id], Stage::Interview, false, &recruiter()).await.unwrap();
        opened.ledger.reject(&[id], &REJECTED, &recruiter()).await.unwrap();
        let decided = opened.ledger.application(id).await.unwrap().unwrap().standing;
        assert_eq!((decided.status, decided.stage), (Status::Rejected, Stage::Interview));
        assert_eq!(opened.status_page(id).await.body, before);
        opened.deliver().await;
        let told = opened.status_page(id).await;
        told.says("<h1>We have decided not to go further with your application.</h1>");
        told.does_not_say("You will hear from us by");
        told.does_not_say("aria-label=\"Stages\"");
        told.does_not_say("position_filled");
    }

    async fn every_way_to_stand_has_its_own_words(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let mut seen = Vec::new();
        for (stage, number) in Stage::ALL.iter().zip(0..) {
            let id = opened.applied(job, &format!("s{number}@example.net"), None).await;
            opened.ledger.move_stage(&[id], *stage, true, &recruiter()).await.unwrap();
            opened.deliver().await;
            let page = opened.status_page(id).await;
            page.says(&format!("<li aria-current=\"step\">{}<span class=\"unseen\"> (now)</span>", ["Received", "Review", "Interview", "Offer"][number]));
            page.says("You will hear from us by");
            seen.push(page);
        }
        let [hired, withdrawn, rejected] =
            [opened.applied(job, "h@example.net", None).await, opened.applied(job, "w@example.net", None).await, opened.applied(job, "r@example.net", None).await];
        opened.ledger.hire(&[hired], None, &recruiter()).await.unwrap();
        opened.ledger.withdraw(&[withdrawn], true, &recruiter()).await.unwrap();
        opened.ledger.reject(&[rejected], &REJECTED, &recruiter()).await.unwrap();
        opened.deliver().await;
        for id in [hired, withdrawn, rejected] {
            let page = opened.status_page(id).await;
            page.does_not_say("You will hear from us by");
            seen.push(page);
        }
        let mut headlines: Vec<&str> = seen.iter().map(|page| page.body.split_once("<h1>").unwrap().1.split_once("</h1>").unwrap().0).collect();
        headlines.sort_unstable();
        headlines.dedup();
        assert_eq!(headlines.len(), Stage::ALL.len() + Status::ALL.len() - 1);
    }

    async fn what_was_said_is_shown_as_it_was_sent_and_what_waits_is_not(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let id = opened.applied(job, "ada@example.net", None).await;
        opened.status_page(id).await.says("An email that confirms this is on its way to you.");
        opened.deliver_saying("Hello <Ada>,\n\nwe have it: https://jobs.example.com/s/x\n").await;
        opened.ledger.reject(&[id], &REJECTED, &recruiter()).await.unwrap();
        let page = opened.status_page(id).await;
        page.does_not_say("on its way to you");
        page.says("<summary>A mail of received</summary>");
        page.says("Hello &lt;Ada&gt;,\n\nwe have it: <a href=\"https:&#x2f;&#x2f;jobs.example.com&#x2f;s&#x2f;x\">");
        page.does_not_say("A mail of rejected");
        opened.deliver_saying("We have decided otherwise.").await;
        let page = opened.status_page(id).await;
        page.says("<details><summary>A mail of received</summary>");
        page.says("<details open><summary>A mail of rejected</summary>");
    }

    async fn an_applicant_withdraws_once_they_were_asked(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let id = opened.applied(job, "ada@example.net", None).await;
        opened.deliver().await;
        let token = opened.ledger.status_token(id, 0);
        let own = format!("/hearback/s/{token}");
        opened.status_page(id).await.says(&format!("href=\"{}/withdraw\"", own));
        let asked = opened.get(&format!("/s/{token}/withdraw")).await;
        asked.says("<h1>Withdraw your application?</h1>");
        asked.says(&format!("<form class=\"answer\" method=\"post\" action=\"{own}/withdraw\">"));
        assert!(asked.header("content-security-policy").contains("form-action 'self'"));
        for _ in 0..2 {
            let done = opened.request(Method::POST, &format!("/s/{token}/withdraw")).await;
            assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, own.as_str()));
        }
        let page = opened.status_page(id).await;
        page.says("<h1>Your application has been withdrawn.</h1>");
        page.does_not_say("Withdraw my application");
        let events = opened.ledger.events(id).await.unwrap();
        let withdrawn: Vec<_> = events.iter().filter(|event| event.kind == EventKind::Withdrawn).collect();
        assert_eq!(withdrawn.len(), 1, "twice is once");
        assert_eq!(withdrawn[0].actor.kind, ActorKind::Applicant);
        assert!(withdrawn[0].owes.is_some(), "a confirmation is owed");
        let asked = opened.get(&format!("/s/{token}/withdraw")).await;
        assert_eq!((asked.status, asked.header("location")), (StatusCode::SEE_OTHER, own.as_str()));
    }

    async fn withdrawing_before_a_rejection_was_told_takes_it_back_and_says_nothing_of_it(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let id = opened.applied(job, "ada@example.net", None).await;
        opened.deliver().await;
        opened.ledger.reject(&[id], &REJECTED, &recruiter()).await.unwrap();
        let token = opened.ledger.status_token(id, 0);
        opened.get(&format!("/s/{token}/withdraw")).await.says("<h1>Withdraw your application?</h1>");
        assert_eq!(opened.request(Method::POST, &format!("/s/{token}/withdraw")).await.status, StatusCode::SEE_OTHER);
        opened.deliver().await;
        let page = opened.status_page(id).await;
        page.says("<h1>Your application has been withdrawn.</h1>");
        page.does_not_say("decided not to go further");
        let sent: Vec<_> = opened.ledger.notifications(id).await.unwrap().iter().filter(|m| m.state == State::Sent).map(|m| m.kind).collect();
        assert_eq!(sent, [Kind::Received, Kind::Withdrawn]);
    }

    async fn a_wrong_link_withdraws_nothing(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let id = opened.applied(job, "ada@example.net", None).await;
        let outdated = opened.ledger.status_token(id, 1);
        for method in [Method::GET, Method::POST] {
            let expected = opened.request(method.clone(), "/s/nonsense/withdraw").await;
            let seen = opened.request(method, &format!("/s/{outdated}/withdraw")).await;
            assert_eq!((seen.status, &seen.body), (StatusCode::NOT_FOUND, &expected.body));
        }
        assert_eq!(opened.ledger.application(id).await.unwrap().unwrap().standing.status, Status::Active);
    }

    async fn the_page_speaks_the_language_of_its_applicant_and_a_refusal_that_of_the_browser(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let mut headlines = std::collections::HashSet::new();
        for locale in Locale::ALL {
            let id = opened.applied_in(job, &format!("{locale}@example.net"), *locale).await;
            opened.deliver().await;
            let page = opened.status_page(id).await;
            page.says(&format!("<html lang=\"{locale}\">"));
            let asked = opened.get(&format!("/s/{}/withdraw", opened.ledger.status_token(id, 0))).await;
            let refused = opened.request_in(Method::GET, "/s/wrong", locale.as_str()).await;
            refused.says(&format!("<html lang=\"{locale}\">"));
            for seen in [page, asked, refused] {
                headlines.insert(seen.body.split_once("<h1>").unwrap().1.split_once("</h1>").unwrap().0.to_owned());
            }
        }
        assert_eq!(headlines.len(), 3 * Locale::ALL.len());
    }

    async fn a_repeat_shows_itself_and_nothing_of_the_first(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let first = opened.applied(job, "ada@example.net", None).await;
        opened.ledger.move_stage(&[first], Stage::Offer, true, &recruiter()).await.unwrap();
        let repeat = opened.applied(job, "ADA@example.net", None).await;
        let stranger = opened.applied(job, "bob@example.net", None).await;
        assert_eq!(opened.ledger.application(repeat).await.unwrap().unwrap().carried_by, Some(first));
        opened.deliver().await;
        opened.status_page(first).await.says("at the offer stage");
        let page = opened.status_page(repeat).await;
        page.says("<h1>We have your application.</h1>");
        let without_token = |seen: &Seen, id| seen.body.replace(&opened.ledger.status_token(id, 0), "");
        assert_eq!(without_token(&page, repeat), without_token(&opened.status_page(stranger).await, stranger), "a repeat looks like any other");
    }

    async fn one_that_was_merged_into_another_shows_itself_and_nothing_of_the_other(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let first = opened.applied(job, "ada@example.net", None).await;
        let duplicate = opened.applied(job, "okafor@example.org", None).await;
        opened.deliver().await;
        let before = opened.status_page(duplicate).await.body;
        opened.ledger.merge(duplicate, first, None, &recruiter()).await.unwrap();
        assert_eq!(opened.status_page(duplicate).await.body, before);
        opened.ledger.move_stage(&[first], Stage::Interview, true, &recruiter()).await.unwrap();
        opened.deliver().await;
        opened.ledger.reject(&[first], &REJECTED, &recruiter()).await.unwrap();
        opened.clock.advance(chrono::TimeDelta::days(5));
        opened.deliver().await;
        assert_eq!(opened.ledger.application(first).await.unwrap().unwrap().standing.shown_status, Status::Rejected);
        assert_eq!(opened.status_page(duplicate).await.body, before);
    }

    async fn every_wrong_link_gets_the_same_answer(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let [one, other] = [opened.applied(job, "a@example.net", None).await, opened.applied(job, "b@example.net", None).await];
        let right = opened.ledger.status_token(one, 0);
        assert_eq!(opened.get(&format!("/s/{}", right.to_uppercase())).await.status, StatusCode::OK);
        let of_other = opened.ledger.status_token(other, 0);
        let wrong = [
            opened.ledger.status_token(one, 1),
            format!("{}{}", &right[..26], &of_other[26..]),
            right[..right.len() - 1].to_owned(),
            format!("{right}a"),
            "x".to_owned(),
            "%00%ff".to_owned(),
            one.to_string(),
        ];
        let expected = opened.get("/s/nonsense").await;
        assert_eq!(expected.status, StatusCode::NOT_FOUND);
        expected.says("copy it whole into the address bar");
        for token in wrong {
            let seen = opened.get(&format!("/s/{token}")).await;
            assert_eq!((seen.status, seen.body), (expected.status, expected.body.clone()), "{token}");
        }
        for path in ["/s", "/s/", "/s/a/b"] {
            assert_eq!(opened.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }

    async fn looking_changes_nothing(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let id = opened.applied(job, "ada@example.net", None).await;
        let path = format!("/s/{}", opened.ledger.status_token(id, 0));
        let state = async || (opened.ledger.application(id).await.unwrap(), opened.ledger.events(id).await.unwrap(), opened.ledger.notifications(id).await.unwrap());
        let before = state().await;
        for method in [Method::GET, Method::HEAD, Method::GET] {
            assert_eq!(opened.request(method.clone(), &path).await.status, StatusCode::OK);
            // A mail program that opens every link must not withdraw anybody.
            assert_eq!(opened.request(method, &format!("{path}/withdraw")).await.status, StatusCode::OK);
        }
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let seen = opened.request(method.clone(), &path).await;
            assert_eq!((seen.status, seen.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"));
            if method != Method::POST {
                let seen = opened.request(method, &format!("{path}/withdraw")).await;
                assert_eq!((seen.status, seen.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD, POST"));
            }
        }
        assert!(state().await == before);
    }

    async fn the_page_is_kept_and_passed_on_by_nobody(kind: DatabaseKind) {
        let opened = open(kind).await;
        let job = opened.job("Example Health", "Nurse").await;
        let page = opened.applied(job, "ada@example.net", None).await;
        for seen in [opened.status_page(page).await, opened.get("/s/wrong").await] {
            assert_eq!(seen.header("x-robots-tag"), "noindex, nofollow");
            assert_eq!(seen.header("cache-control"), "no-store");
            assert_eq!(seen.header("referrer-policy"), "no-referrer");
            assert_eq!(seen.header("x-content-type-options"), "nosniff");
            let policy = seen.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
            seen.does_not_say("<script");
            seen.does_not_say(" style=");
        }
    }
}
