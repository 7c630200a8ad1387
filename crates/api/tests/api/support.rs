//! A ledger with the API on it, and what tests do with them.

use std::sync::Arc;

use actix_web::{
    App,
    http::{Method, StatusCode, header::HeaderMap},
    test::{self, TestRequest},
};
use hearback_api::{Api, Careers, configure};
use hearback_domain::{
    ids::{ApplicationId, BoardId},
    notification::Outcome,
    random::Random,
};
use hearback_ledger::{ApiKeyKind, Ended, Ledger, NewApiKey, Settings};
use hearback_testkit::{
    database::{DatabaseKind, TestDatabase},
    fake_clock::FakeClock,
};
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection};

pub(crate) const PUBLIC_URL: &str = "https://jobs.example.com";

pub(crate) struct Opened {
    pub(crate) ledger: Ledger,
    pub(crate) clock: FakeClock,
    /// For everything.
    pub(crate) secret: String,
    pub(crate) publishable: String,
    pub(crate) careers: Careers,
    database: TestDatabase,
}

/// A request, before it is sent.
pub(crate) struct Ask<'a> {
    opened: &'a Opened,
    request: TestRequest,
}

/// What the caller got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
    /// `null` if it is no JSON.
    pub(crate) json: Value,
}

pub(crate) async fn open(kind: DatabaseKind) -> Opened {
    let database = TestDatabase::create(kind);
    let clock = FakeClock::default();
    let ledger = Ledger::open(database.url(), Settings::default(), Arc::new(clock.clone()), Arc::new(Random::from_seed(1))).await.unwrap();
    let mut opened = Opened { ledger, clock, secret: String::new(), publishable: String::new(), careers: Careers::default(), database };
    opened.secret = opened.key(ApiKeyKind::Secret, false, None).await;
    opened.publishable = opened.key(ApiKeyKind::Publishable, false, None).await;
    opened
}

impl Opened {
    pub(crate) async fn key(&self, kind: ApiKeyKind, is_test: bool, board: Option<BoardId>) -> String {
        self.ledger.create_api_key(NewApiKey { kind, is_test, board, name: "test".to_owned() }).await.unwrap().1
    }

    /// With the secret key.
    pub(crate) fn get(&self, path: &str) -> Ask<'_> {
        self.ask(Method::GET, path).key(&self.secret)
    }

    /// With the secret key.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Ask<'_> {
        self.ask(Method::POST, path).key(&self.secret).body("application/json", &body.to_string())
    }

    /// Without a key.
    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        Ask { opened: self, request: TestRequest::with_uri(path).method(method) }
    }

    pub(crate) async fn board(&self) -> BoardId {
        self.post("/v1/boards", &board()).send().await.expect(201).id()
    }

    /// Where to apply for a job on a board of its own.
    pub(crate) async fn door(&self) -> String {
        let board = self.board().await;
        self.door_on(board).await
    }

    pub(crate) async fn door_on(&self, board: BoardId) -> String {
        let job = json!({ "board_id": board, "title": "Nurse", "owner": "owner@example.com" });
        format!("/v1/jobs/{}/applications", self.post("/v1/jobs", &job).send().await.expect(201).text_of("id"))
    }

    /// Applies in JSON, with the publishable key.
    pub(crate) fn apply(&self, door: &str, body: &Value) -> Ask<'_> {
        self.ask(Method::POST, door).key(&self.publishable).body("application/json", &body.to_string())
    }

    /// Applies as a browser does, with the publishable key in its field.
    pub(crate) fn form(&self, door: &str, fields: &[(&str, &str)]) -> Ask<'_> {
        let all = [&[("_key", self.publishable.as_str())], fields].concat();
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
        self.ask(Method::POST, door).body("application/x-www-form-urlencoded", &body)
    }

    /// The path of an application for a job of its own.
    pub(crate) async fn applied(&self) -> String {
        let door = self.door().await;
        let id = self.apply(&door, &ada()).send().await.expect(201).text_of("id").to_owned();
        format!("/v1/applications/{id}")
    }

    pub(crate) async fn count(&self) -> usize {
        self.get("/v1/applications?limit=200").send().await.expect(200).json["items"].as_array().unwrap().len()
    }

    /// A relay accepts everything that is due.
    pub(crate) async fn deliver(&self) {
        let accepted = |claim| Ended {
            claim,
            at: FakeClock::START,
            outcome: Outcome::Accepted { reply: "250 2.0.0 taken".to_owned() },
            mail: None,
            relay: "test".to_owned(),
        };
        let due = self.ledger.claim(64).await.unwrap();
        let ended: Vec<Ended> = due.iter().map(|message| accepted(message.claim)).collect();
        self.ledger.settle(&ended).await.unwrap();
    }

    /// What a worker does each hour.
    pub(crate) async fn forget_keys(&self) {
        for due in self.ledger.claim_periodic().await.unwrap().into_iter().filter(|due| due.what == hearback_ledger::Periodic::ForgetKeys) {
            self.ledger.run_periodic(due).await.unwrap();
        }
    }

    /// For what has no endpoint.
    pub(crate) async fn sql(&self, statement: &str) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut self.connection().await).await.unwrap();
    }

    /// As long as the connection lasts, nobody else writes.
    pub(crate) async fn hold_write_lock(&self) -> AnyConnection {
        let mut connection = self.connection().await;
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
        connection
    }

    async fn connection(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        AnyConnection::connect(self.database.url()).await.unwrap()
    }
}

impl Ask<'_> {
    pub(crate) fn key(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.insert_header((name, value)), ..self }
    }

    pub(crate) fn body(self, content_type: &str, body: &str) -> Self {
        self.bytes(content_type, body.as_bytes().to_vec())
    }

    pub(crate) fn bytes(self, content_type: &str, body: Vec<u8>) -> Self {
        let asked = self.header("Content-Type", content_type);
        Self { request: asked.request.set_payload(body), ..asked }
    }

    pub(crate) async fn send(self) -> Answer {
        let api = Api { ledger: self.opened.ledger.clone(), public_url: PUBLIC_URL.to_owned(), careers: self.opened.careers.clone() };
        let service = test::init_service(App::new().configure(|config| configure(config, api))).await;
        let response = test::call_service(&service, self.request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = test::read_body(response).await.to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, headers, json: serde_json::from_str(&text).unwrap_or_default(), text, bytes }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// Holds it against what every problem has.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json["type"], format!("/problems/{code}"), "{}", answer.text);
        assert_eq!(answer.json["status"], status);
        for field in ["title", "detail"] {
            assert!(answer.json[field].as_str().is_some_and(|text| !text.is_empty()), "{}", answer.text);
        }
        answer
    }

    /// `pointer code` of each error.
    #[track_caller]
    pub(crate) fn errors(&self) -> Vec<String> {
        let errors = self.json["errors"].as_array().unwrap_or_else(|| panic!("no errors in {}", self.text));
        let place = |error: &Value| error["pointer"].as_str().or(error["parameter"].as_str()).unwrap().to_owned();
        errors.iter().map(|error| format!("{} {}", place(error), error["code"].as_str().unwrap())).collect()
    }

    #[track_caller]
    pub(crate) fn text_of(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or_else(|| panic!("no text `{field}` in {}", self.text))
    }

    #[track_caller]
    pub(crate) fn id<I: std::str::FromStr>(&self) -> I {
        self.text_of("id").parse().unwrap_or_else(|_| panic!("no such id in {}", self.text))
    }

    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        assert!(self.text.contains(words), "`{words}` is missing in: {}", self.text);
    }
}

pub(crate) fn board() -> Value {
    json!({
        "organisation": "Example Health", "sender": "careers@example.com", "sender_name": "Example Health careers",
        "reply_to": "people@example.com", "locale": "en", "time_zone": "Europe/Berlin",
    })
}

pub(crate) fn ada() -> Value {
    json!({ "name": "Ada Okafor", "email": "ada@example.net" })
}

pub(crate) fn application_id(path: &str) -> ApplicationId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}
