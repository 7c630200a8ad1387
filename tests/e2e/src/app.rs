//! The whole program in this process, with a database of its own and a clock that the test moves.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    thread,
    time::Duration,
};

use hearback::{
    App, Config, Running,
    config::{DatabaseUrl, DigestTime, LmtpAddress, MailTransport, PublicUrl, ReplyDomain, SmtpSecurity},
};
use hearback_domain::ids::ApplicationId;
use hearback_ledger::{ApiKeyKind, ApplicationFilter, Ledger, NewApiKey, Notification, Page};
use hearback_testkit::{
    database::{DatabaseKind, TestDatabase},
    fake_clock::FakeClock,
};
use reqwest::{Client, RequestBuilder, redirect::Policy};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{Answer, Mail, mailbox};

const PATIENCE: Duration = Duration::from_secs(15);

const LOOK_AGAIN: Duration = Duration::from_millis(10);

const ALL: u64 = 10_000;

pub struct TestApp {
    pub clock: FakeClock,
    /// One that is open, on the one board.
    pub job: String,
    config: Config,
    running: Option<Running>,
    http: Client,
    publishable: String,
    secret: String,
    finished: bool,
    /// Goes last: what is above has it open.
    _database: TestDatabase,
}

impl TestApp {
    pub async fn start(kind: DatabaseKind) -> Self {
        Self::start_with(kind, |_| {}).await
    }

    /// Mails go to this relay, and none is captured.
    pub async fn start_with_relay(kind: DatabaseKind, relay: SocketAddr) -> Self {
        let to_relay = |config: &mut Config| {
            config.mail.transport = MailTransport::Smtp;
            config.mail.smtp.host = Some(relay.ip().to_string());
            config.mail.smtp.port = relay.port();
            config.mail.smtp.security = SmtpSecurity::None;
        };
        Self::start_with(kind, to_relay).await
    }

    /// The same, and what comes to `reply_domain` is handed over by LMTP there.
    pub async fn start_with_mail_server(kind: DatabaseKind, relay: SocketAddr, reply_domain: &str, lmtp: SocketAddr) -> Self {
        let both_ways = |config: &mut Config| {
            config.mail.transport = MailTransport::Smtp;
            config.mail.smtp.host = Some(relay.ip().to_string());
            config.mail.smtp.port = relay.port();
            config.mail.smtp.security = SmtpSecurity::None;
            config.mail.reply_domain = Some(ReplyDomain::try_from(reply_domain.to_owned()).expect("the test names a domain"));
            config.inbound.listen = Some(LmtpAddress::try_from(lmtp.to_string()).expect("the test names an address"));
        };
        Self::start_with(kind, both_ways).await
    }

    /// Nothing is sent before [`Self::start_worker`].
    pub async fn start_without_worker(kind: DatabaseKind) -> Self {
        Self::start_with(kind, |config| config.worker.enabled = false).await
    }

    async fn start_with(kind: DatabaseKind, change: impl FnOnce(&mut Config)) -> Self {
        let database = TestDatabase::create(kind);
        let mut config = Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Config::default() };
        config.database.url = DatabaseUrl::try_from(database.url().to_owned()).expect("the test kit makes URLs that we know");
        // A clock that jumps by days makes everybody late at once, and staff would hear of it between two mails to applicants.
        config.organisation.digest = DigestTime(None);
        change(&mut config);
        let clock = FakeClock::default();
        let running = App::start_at(config.clone(), Arc::new(clock.clone())).await.expect("the program starts");
        let [publishable, secret] = [key(&running.ledger, ApiKeyKind::Publishable).await, key(&running.ledger, ApiKeyKind::Secret).await];
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client can be made");
        let (job, finished) = (String::new(), false);
        let mut app = Self { clock, job, config, running: Some(running), http, publishable, secret, finished, _database: database };
        app.job = app.create_job().await;
        app
    }

    async fn create_job(&self) -> String {
        let board = json!({
            "organisation": "Example Library", "sender": "jobs@example.com", "sender_name": "Example Library",
            "reply_to": "people@example.com", "locale": "en", "time_zone": "Europe/Lisbon",
        });
        let board = self.recruiter("/v1/boards", board).await.expect(201);
        let job = json!({ "board_id": board.text_of("id"), "title": "Librarian", "owner": "people@example.com" });
        self.recruiter("/v1/jobs", job).await.expect(201).text_of("id").to_owned()
    }

    /// Starts the same program again on the same database, now with a worker.
    pub async fn start_worker(&mut self) {
        let running = self.running.take().expect("the program runs until it is finished");
        // Links in mails must lead to where they led before.
        self.config.public_url = Some(PublicUrl::try_from(running.public_url.clone()).expect("the program makes URLs that it knows"));
        self.config.worker.enabled = true;
        running.stop().await;
        let running = App::start_at(self.config.clone(), Arc::new(self.clock.clone())).await.expect("the program starts again");
        self.running = Some(running);
    }

    pub fn ledger(&self) -> &Ledger {
        &self.running().ledger
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the program runs until it is finished")
    }

    /// Where to apply for the job.
    pub fn door(&self) -> String {
        format!("/v1/jobs/{}/applications", self.job)
    }

    /// Applies as a careers page does, in JSON, and is answered 201.
    pub async fn apply(&self, name: &str, email: &str) -> Answer {
        self.post(&self.door(), &self.publishable).json(&json!({ "name": name, "email": email })).answer().await.expect(201)
    }

    /// The same with an Idempotency-Key; whatever the answer.
    pub async fn apply_once(&self, idempotency_key: &str, name: &str, email: &str) -> Answer {
        let request = self.post(&self.door(), &self.publishable).header("Idempotency-Key", idempotency_key);
        request.json(&json!({ "name": name, "email": email })).answer().await
    }

    /// As a browser sends a plain HTML form: no headers of ours, the key in a field.
    pub async fn submit_form(&self, fields: &[(&str, &str)]) -> Answer {
        let url = self.url(&self.door());
        self.http.post(url).form(&[&[("_key", self.publishable.as_str())], fields].concat()).answer().await
    }

    /// The same from a browser that is set to these languages.
    pub async fn submit_form_from(&self, accept_language: &str, fields: &[(&str, &str)]) -> Answer {
        let form = self.http.post(self.url(&self.door())).header("Accept-Language", accept_language);
        form.form(&[&[("_key", self.publishable.as_str())], fields].concat()).answer().await
    }

    /// A POST by a recruiter's program.
    pub async fn recruiter(&self, path: &str, body: Value) -> Answer {
        self.post(path, &self.secret).header("Hearback-Actor", "Ines Albrecht").json(&body).answer().await
    }

    /// `verb` is the last part of the path: `move`, `reject`, `unreject`, `hire`, `withdraw`.
    pub async fn act(&self, application: &str, verb: &str, body: Value) -> Answer {
        self.recruiter(&format!("/v1/applications/{application}/{verb}"), body).await
    }

    /// A GET by a recruiter's program.
    pub async fn read(&self, path: &str) -> Answer {
        self.http.get(self.url(path)).bearer_auth(&self.secret).answer().await
    }

    /// A GET by anybody, of a path or of a whole link.
    pub async fn visit(&self, link: &str) -> Answer {
        let path = link.strip_prefix(&self.running().public_url).unwrap_or(link);
        self.http.get(self.url(path)).answer().await
    }

    /// What was told so far, oldest first.
    pub async fn mails(&self) -> Vec<Mail> {
        mailbox::mails(self.ledger()).await
    }

    /// What was told, as soon as it is `count` mails or more.
    pub async fn mails_after(&self, count: usize) -> Vec<Mail> {
        mailbox::mails_after(self.ledger(), count).await
    }

    /// The messages owed to an applicant, and what became of them.
    pub async fn notifications(&self, application: &str) -> Vec<Notification> {
        let id: ApplicationId = application.parse().expect("the API answers with ids");
        self.ledger().notifications(id).await.expect("the ledger can be read")
    }

    /// Returns when nothing is owed any more.
    pub async fn settled(&self) {
        let began = Instant::now();
        loop {
            let owed = self.owed().await;
            if owed.is_empty() {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "still owed: {owed:?}");
            sleep(LOOK_AGAIN).await;
        }
    }

    async fn owed(&self) -> Vec<Notification> {
        let page = Page { after: None, limit: ALL };
        let applications = self.ledger().applications(&ApplicationFilter::default(), page).await.expect("the ledger can be read");
        let mut owed = Vec::new();
        for application in applications {
            let notifications = self.ledger().notifications(application.id).await.expect("the ledger can be read");
            owed.extend(notifications.into_iter().filter(|message| message.state.is_open()));
        }
        owed
    }

    /// The end of every test: nothing is owed any more, and no promise is broken.
    ///
    /// # Panics
    /// If anything is.
    pub async fn finish(mut self) {
        self.settled().await;
        let findings = self.ledger().audit().await.expect("the ledger can be audited");
        assert!(findings.is_empty(), "{findings:#?}");
        self.finished = true;
        self.running.take().expect("the program runs until it is finished").stop().await;
    }

    fn post(&self, path: &str, key: &str) -> RequestBuilder {
        self.http.post(self.url(path)).bearer_auth(key)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running().url)
    }
}

async fn key(ledger: &Ledger, kind: ApiKeyKind) -> String {
    let new = NewApiKey { kind, is_test: false, board: None, name: "test".to_owned() };
    ledger.create_api_key(new).await.expect("a key can be made").1
}

trait Ask {
    async fn answer(self) -> Answer;
}

impl Ask for RequestBuilder {
    async fn answer(self) -> Answer {
        Answer::read(self.send().await.expect("the server answers")).await
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // A test that is failing already says more than this would.
        assert!(self.finished || thread::panicking(), "a test ends with `finish`, which audits the ledger");
    }
}
