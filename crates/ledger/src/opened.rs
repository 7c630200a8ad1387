//! A ledger of its own for each test, and what tests do with it.

use std::sync::Arc;

use hearback_domain::{
    actor::Actor,
    ids::{ApplicationId, JobId},
    notification::Outcome,
    random::Random,
};
use hearback_testkit::{
    database::{DatabaseKind, TestDatabase},
    fake_clock::FakeClock,
};

use sea_orm::ConnectionTrait;

use crate::{Application, BoardDetails, Ended, JobDetails, Ledger, Notification, OwedMessage, SentMail, Settings, Submission, Submitted};

pub(crate) struct Opened {
    pub(crate) ledger: Ledger,
    pub(crate) database: TestDatabase,
    pub(crate) clock: Arc<FakeClock>,
}

pub(crate) async fn open(kind: DatabaseKind) -> Opened {
    let database = TestDatabase::create(kind);
    let clock = Arc::new(FakeClock::default());
    let ledger = Ledger::open(database.url(), Settings::default(), clock.clone(), Arc::new(Random::from_seed(1))).await.unwrap();
    Opened { ledger, database, clock }
}

pub(crate) fn somebody() -> Actor {
    Actor::system("test")
}

impl Opened {
    /// A job on a board of its own.
    pub(crate) async fn job(&self) -> JobId {
        let board = BoardDetails {
            external_id: None,
            organisation: "Example Health".to_owned(),
            sender: "careers@example.com".parse().unwrap(),
            sender_name: "Example Health careers".to_owned(),
            reply_to: "people@example.com".parse().unwrap(),
            locale: "en".parse().unwrap(),
            time_zone: "Europe/Berlin".parse().unwrap(),
        };
        let board = self.ledger.create_board(board).await.unwrap();
        let owner = "owner@example.com".parse().unwrap();
        let job = JobDetails { external_id: None, title: "Nurse".to_owned(), owner, manager: None, time_zone: None };
        self.ledger.create_job(board.id, job).await.unwrap().id
    }

    pub(crate) async fn submitted(&self, job: JobId, email: &str) -> Submitted {
        self.ledger.submit(submission(job, email)).await.unwrap()
    }

    /// An application for a job of its own.
    pub(crate) async fn applied(&self) -> ApplicationId {
        let job = self.job().await;
        self.submitted(job, "ada@example.net").await.application
    }

    pub(crate) async fn application(&self, id: ApplicationId) -> Application {
        self.ledger.application(id).await.unwrap().unwrap()
    }

    pub(crate) async fn notifications(&self, id: ApplicationId) -> Vec<Notification> {
        self.ledger.notifications(id).await.unwrap()
    }

    /// Breaks what no door of the ledger can.
    pub(crate) async fn sql(&self, statement: &str) {
        self.ledger.database().writer().execute_unprepared(statement).await.unwrap();
    }

    /// Claims what is due and settles it all the same way.
    pub(crate) async fn work(&self, outcome: &Outcome) -> Vec<OwedMessage> {
        let claimed = self.ledger.claim(64).await.unwrap();
        let ended: Vec<Ended> = claimed.iter().map(|message| self.ended(message, outcome.clone())).collect();
        self.ledger.settle(&ended).await.unwrap();
        claimed
    }

    /// Sends everything that is due, until nothing is.
    pub(crate) async fn deliver_all(&self) {
        while !self.work(&accepted()).await.is_empty() {}
    }

    pub(crate) fn ended(&self, message: &OwedMessage, outcome: Outcome) -> Ended {
        let mail = SentMail {
            subject: format!("About {}", message.kind),
            text: "Dear you".to_owned(),
            template_version: "0123456789ab".to_owned(),
            sha256: [7; 32],
            raw: b"Subject: hello\r\n\r\nDear you\r\n".to_vec(),
        };
        Ended { claim: message.claim, at: self.ledger.clock().now(), outcome, mail: Some(mail), relay: "test".to_owned() }
    }
}

pub(crate) fn accepted() -> Outcome {
    Outcome::Accepted { reply: "250 2.0.0 taken".to_owned() }
}

pub(crate) fn submission(job: JobId, email: &str) -> Submission {
    Submission {
        job,
        only_board: None,
        name: "Ada Okafor".to_owned(),
        email: email.parse().unwrap(),
        locale: None,
        time_zone: None,
        is_test: false,
        suspected_spam: false,
        actor: somebody(),
        idempotency: None,
        attachments: Vec::new(),
        external_id: None,
    }
}
