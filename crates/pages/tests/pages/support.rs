//! A ledger with pages on it, and what tests do with them.

use std::sync::Arc;

use actix_web::{
    App,
    http::{Method, StatusCode, header::HeaderMap},
    test,
};
use chrono::TimeDelta;
use hearback_domain::{
    actor::Actor,
    ids::{ApplicationId, JobId},
    locale::Locale,
    notification::{Kind, Outcome},
    random::Random,
};
use hearback_ledger::{BoardDetails, Ended, JobDetails, Ledger, MailToKeep, OwedMessage, SentMail, Settings, Submission};
use hearback_mailer::{Composed, Composer, Letter, samples};
use hearback_pages::{Pages, configure};
use hearback_testkit::{
    database::{DatabaseKind, TestDatabase},
    fake_clock::FakeClock,
};

pub(crate) struct Opened {
    pub(crate) ledger: Ledger,
    pub(crate) clock: FakeClock,
    pub(crate) mailbox: bool,
    /// Goes with the test.
    pub(crate) _database: TestDatabase,
}

/// What a browser got.
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

pub(crate) async fn open(kind: DatabaseKind) -> Opened {
    let database = TestDatabase::create(kind);
    let clock = FakeClock::default();
    let random = Arc::new(Random::from_seed(1));
    let ledger = Ledger::open(database.url(), Settings::default(), Arc::new(clock.clone()), random).await.unwrap();
    Opened { ledger, clock, mailbox: true, _database: database }
}

pub(crate) fn recruiter() -> Actor {
    Actor::system("test")
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!((self.status, self.header("content-type")), (StatusCode::OK, "application/json"));
        serde_json::from_str(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        assert!(self.body.contains(words), "`{words}` is missing in: {}", self.body);
    }

    #[track_caller]
    pub(crate) fn does_not_say(&self, words: &str) {
        assert!(!self.body.contains(words), "`{words}` is in: {}", self.body);
    }
}

impl Opened {
    pub(crate) async fn get(&self, path: &str) -> Seen {
        self.request(Method::GET, path).await
    }

    pub(crate) async fn request(&self, method: Method, path: &str) -> Seen {
        self.request_in(method, path, "*").await
    }

    /// As a browser sends a form.
    pub(crate) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.ask(Method::POST, path, "*", body).await
    }

    pub(crate) async fn request_in(&self, method: Method, path: &str, languages: &str) -> Seen {
        self.ask(method, path, languages, String::new()).await
    }

    async fn ask(&self, method: Method, path: &str, languages: &str, body: String) -> Seen {
        let public_url = "https://jobs.example.com/hearback/".parse().unwrap();
        let pages = Pages { ledger: self.ledger.clone(), public_url, mailbox: self.mailbox };
        let service = test::init_service(App::new().configure(|config| configure(config, pages))).await;
        let response = test::call_service(
            &service,
            test::TestRequest::with_uri(path)
                .method(method)
                .insert_header(("accept-language", languages))
                .insert_header(("content-type", "application/x-www-form-urlencoded"))
                .set_payload(body)
                .to_request(),
        )
        .await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = String::from_utf8_lossy(&test::read_body(response).await).into_owned();
        Seen { status, headers, body }
    }

    pub(crate) async fn job(&self, organisation: &str, title: &str) -> JobId {
        let board = BoardDetails {
            external_id: None,
            organisation: organisation.to_owned(),
            sender: "careers@example.com".parse().unwrap(),
            sender_name: "Careers".to_owned(),
            reply_to: "people+jobs@example.com".parse().unwrap(),
            locale: Locale::En,
            time_zone: "Europe/Berlin".parse().unwrap(),
        };
        let board = self.ledger.create_board(board).await.unwrap().id;
        let owner = "owner@example.com".parse().unwrap();
        let job = JobDetails { external_id: None, title: title.to_owned(), owner, manager: None, time_zone: None };
        self.ledger.create_job(board, job).await.unwrap().id
    }

    pub(crate) async fn applied(&self, job: JobId, email: &str, time_zone: Option<&str>) -> ApplicationId {
        self.submitted(job, email, time_zone, None).await
    }

    pub(crate) async fn applied_in(&self, job: JobId, email: &str, locale: Locale) -> ApplicationId {
        self.submitted(job, email, None, Some(locale)).await
    }

    async fn submitted(&self, job: JobId, email: &str, time_zone: Option<&str>, locale: Option<Locale>) -> ApplicationId {
        let submission = Submission {
            job,
            only_board: None,
            name: "Ada Okafor".to_owned(),
            email: email.parse().unwrap(),
            locale,
            time_zone: time_zone.map(|zone| zone.parse().unwrap()),
            is_test: false,
            suspected_spam: false,
            actor: recruiter(),
            idempotency: None,
            attachments: Vec::new(),
            external_id: None,
        };
        self.ledger.submit(submission).await.unwrap().application
    }

    /// A relay accepts everything that is due within a week.
    pub(crate) async fn deliver(&self) {
        self.deliver_saying("Hello").await;
    }

    /// The same, with this text in each mail.
    pub(crate) async fn deliver_saying(&self, text: &str) {
        self.clock.advance(TimeDelta::days(7));
        loop {
            let due = self.ledger.claim(64).await.unwrap();
            if due.is_empty() {
                return;
            }
            let accepted = |message: &OwedMessage| Ended {
                claim: message.claim,
                at: FakeClock::START,
                outcome: Outcome::Accepted { reply: "250 2.0.0 taken".to_owned() },
                mail: Some(SentMail {
                    subject: format!("A mail of {}", message.kind),
                    text: text.to_owned(),
                    template_version: "test".to_owned(),
                    sha256: [0; 32],
                    raw: Vec::new(),
                }),
                relay: "test".to_owned(),
            };
            let ended: Vec<Ended> = due.iter().map(accepted).collect();
            self.ledger.settle(&ended).await.unwrap();
        }
    }

    pub(crate) async fn status_page(&self, id: ApplicationId) -> Seen {
        self.get(&format!("/s/{}", self.ledger.status_token(id, 0))).await
    }

    /// Keeps a mail as the capture transport does.
    pub(crate) async fn keep(&self, mail: Composed) {
        let Composed { message_id, envelope_from, to, subject, raw, .. } = mail;
        self.ledger.keep_mails(vec![MailToKeep { message_id, envelope_from, recipient: to, subject, raw }]).await.unwrap();
    }
}

pub(crate) fn composed(kind: Kind, change: impl FnOnce(&mut Letter)) -> Composed {
    let mut letter = samples::letter(kind, Locale::En);
    change(&mut letter);
    Composer::new().unwrap().compose(&letter).unwrap()
}
