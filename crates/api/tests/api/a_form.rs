//! A plain HTML form: whoever sends it is a person, and unless a script asks for it is never shown JSON.

use chrono::TimeDelta;
use hearback_api::Careers;
use hearback_domain::notification::State;
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use crate::support::{Answer, PUBLIC_URL, open};

const ADA: [(&str, &str); 2] = [("name", "Ada Okafor"), ("email", "ada@example.net")];

#[track_caller]
fn page(answer: Answer, status: u16) -> Answer {
    let answer = answer.expect(status);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    answer
}

on_both_databases! {
    async fn an_applicant_is_sent_to_their_own_page(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let optional = [("locale", ""), ("time_zone", ""), ("_gotcha", ""), ("_next", "")];
        let answer = opened.form(&door, &[&ADA[..], &optional].concat()).send().await.expect(303);
        assert!(answer.header("location").starts_with(&format!("{PUBLIC_URL}/s/")), "{}", answer.header("location"));
        assert_eq!(opened.count().await, 1);
    }

    async fn a_form_may_lead_on_to_a_page_of_the_same_origin(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let led_to = async |next: &str| {
            let answer = opened.form(&door, &[&ADA[..], &[("_next", next)]].concat()).send().await.expect(303);
            answer.header("location").to_owned()
        };
        assert_eq!(led_to("/thanks").await, format!("{PUBLIC_URL}/thanks"));
        assert_eq!(led_to(&format!("{PUBLIC_URL}/thanks?a=b")).await, format!("{PUBLIC_URL}/thanks?a=b"));
        for elsewhere in ["https://evil.example/", "//evil.example", "javascript:alert(1)"] {
            assert!(led_to(elsewhere).await.starts_with(&format!("{PUBLIC_URL}/s/")), "{elsewhere}");
        }
    }

    async fn what_was_typed_is_kept_until_it_is_right(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let fields = [("name", "Ada <b>\"O\"</b>"), ("email", "ada@[192.0.2.1]"), ("_next", "/thanks"), ("time_zone", "Nowhere/Land"), ("phone", "1")];
        let answer = page(opened.form(&door, &fields).send().await, 422);
        answer.says("<h1>Please look at this once more</h1>");
        answer.says("Your email address has an address literal after the @");
        answer.says("value=\"Ada &lt;b&gt;&quot;O&quot;&lt;&#x2f;b&gt;\"");
        answer.says("value=\"ada@[192.0.2.1]\"");
        answer.says(&format!("name=\"_key\" value=\"{}\"", opened.publishable));
        answer.says("name=\"_next\" value=\"&#x2f;thanks\"");
        assert!(!answer.text.contains("name=\"time_zone\"") && !answer.text.contains("name=\"phone\""), "{}", answer.text);
        answer.says("(phone, time_zone)");
        assert_eq!(opened.count().await, 0);
    }

    async fn a_form_that_cannot_work_says_whom_to_tell(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let post = || opened.ask(actix_web::http::Method::POST, &door);
        let form = "application/x-www-form-urlencoded";
        page(post().body(form, "name=Ada&email=ada%40example.net").send().await, 401).says("please tell the organisation");
        page(post().body(form, "_key=pk_wrong&name=Ada&email=ada%40example.net").send().await, 401);
        page(post().body("multipart/form-data; boundary=x", "--x--").send().await, 401);
        page(post().body("multipart/form-data", "--x--").send().await, 415);
        page(post().body("text/plain", "name=Ada").send().await, 415);
        page(post().body(form, &format!("name={}", "a".repeat(70_000))).send().await, 413);
        let nowhere = door.replace("/v1/jobs/job_", "/v1/jobs/job_0");
        page(opened.form(&nowhere, &ADA).send().await, 404).says("There is no such job");
        assert_eq!(opened.count().await, 0);
    }

    async fn whoever_made_the_form_reads_what_to_change(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let post = |fields: &str| {
            let body = format!("{fields}&name=Ada&email=ada%40example.net");
            opened.ask(actix_web::http::Method::POST, &door).body("application/x-www-form-urlencoded", &body)
        };
        page(post("").send().await, 401).says("For whoever made the form: The field _key is missing");
        page(post("_key=pk_wrong").send().await, 401).says("The key is not one of this server&#x27;s, or was revoked.");
        let secret = format!("_key={}", opened.secret);
        page(post(&secret).send().await, 403).says("`_key` is a secret key, and everybody who sees the form can read it.");
        post(&secret).header("Accept", "application/json").send().await.problem(403, "forbidden");
        assert_eq!(opened.count().await, 0);
        post("").key(&opened.secret).send().await.expect(303);
    }

    async fn a_file_of_which_only_the_name_came_is_asked_for_again(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let answer = page(opened.form(&door, &[&ADA[..], &[("resume", "cv.pdf")]].concat()).send().await, 422);
        answer.says("Your résumé came without its content: choose the file again");
        answer.says("enctype=&quot;multipart&#x2f;form-data&quot;");
        answer.says("<form method=\"post\" accept-charset=\"utf-8\" enctype=\"multipart/form-data\">");
        let german = opened.form(&door, &[&ADA[..], &[("attachments", "cv.pdf"), ("locale", "de")]].concat());
        page(german.send().await, 422).says("Für alle, die das Formular gemacht haben: A form with files needs");
        let program = opened.form(&door, &[&ADA[..], &[("resume", "cv.pdf")]].concat()).header("Accept", "application/json");
        assert_eq!(program.send().await.problem(422, "invalid_body").errors(), ["/resume empty"]);
        assert_eq!(opened.count().await, 0);
        opened.form(&door, &[&ADA[..], &[("resume", "")]].concat()).send().await.expect(303);
    }

    async fn json_that_says_it_is_a_form_is_answered_to_a_program(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let post = opened.ask(actix_web::http::Method::POST, &door).key(&opened.publishable);
        let answer = post.body("application/x-www-form-urlencoded", r#"{"name": "Ada"}"#).send().await.problem(415, "unsupported_media_type");
        answer.says("Send `Content-Type: application/json`");
    }

    async fn a_form_may_lead_on_to_an_origin_that_the_settings_name(kind: DatabaseKind) {
        let mut opened = open(kind).await;
        opened.careers = Careers::new(vec!["https://careers.example.com".to_owned()], 1024, TimeDelta::zero());
        let door = opened.door().await;
        let next = "https://careers.example.com/thanks";
        let answer = opened.form(&door, &[&ADA[..], &[("_next", next)]].concat()).send().await.expect(303);
        assert_eq!(answer.header("location"), next);
        let refused = page(opened.form(&door, &[("name", "Ada"), ("_next", next)]).send().await, 422);
        assert!(refused.header("content-security-policy").contains("form-action 'self' https://jobs.example.com https://careers.example.com;"));
    }

    async fn whoever_is_taken_for_a_machine_is_answered_like_anybody_and_kept(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let now = opened.ledger.now().timestamp();
        let seconds_ago = |seconds: i64| (now - seconds).to_string();
        for (number, (field, value, suspected)) in [
            ("_gotcha", "buy this", true),
            ("_elapsed", "800", true),
            ("_elapsed", "3000", false),
            ("_opened_at", seconds_ago(1).as_str(), true),
            ("_opened_at", seconds_ago(60).as_str(), false),
            // Clocks are wrong and people edit pages: what makes no sense says nothing.
            ("_opened_at", seconds_ago(-60).as_str(), false),
            ("_opened_at", "9999999999999999", false),
            ("_elapsed", "-5", false),
            ("_elapsed", "soon", false),
        ].into_iter().enumerate() {
            let email = format!("{number}@example.net");
            let form = [("name", "Ada"), ("email", email.as_str()), (field, value)];
            opened.form(&door, &form).send().await.expect(303);
            let list = opened.get(&format!("/v1/applications?email={email}")).send().await.expect(200);
            let id = list.json["items"][0]["id"].as_str().unwrap().parse().unwrap();
            let owed = opened.ledger.notifications(id).await.unwrap();
            assert_eq!(owed[0].state == State::Held, suspected, "{field}={value}");
        }
    }

    async fn the_page_of_a_mistake_speaks_the_applicants_language(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let wrong = |locale: &'static str| [("name", "Ada"), ("email", "nobody"), ("locale", locale)];
        let german = page(opened.form(&door, &wrong("de-AT")).send().await, 422);
        german.says("<html lang=\"de\">");
        german.says("Das ist keine E-Mail-Adresse, an die wir schreiben können.");
        german.says("name=\"locale\" value=\"de-AT\"");
        let french = page(opened.form(&door, &wrong("")).header("Accept-Language", "fr-CA, en;q=0.5").send().await, 422);
        french.says("<html lang=\"fr\">");
    }

    async fn a_script_that_sends_a_form_is_answered_like_a_program(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let form = |fields: &[(&str, &str)]| opened.form(&door, fields).header("Accept", "application/json").header("Origin", "https://careers.example.com");
        let fields = [&ADA[..], &[("_idempotency_key", "k1")]].concat();
        let first = form(&fields).send().await.expect(201);
        assert_eq!(first.header("access-control-allow-origin"), "https://careers.example.com");
        assert!(first.text_of("status_url").starts_with(&format!("{PUBLIC_URL}/s/")));
        let again = form(&fields).send().await.expect(201);
        assert_eq!(again.text, first.text, "the same key is the same application");
        let other = [("name", "Bob"), ("email", "bob@example.net"), ("_idempotency_key", "k1")];
        form(&other).send().await.problem(422, "idempotency_key_reused");
        let refused = form(&[("name", "Ada"), ("email", "nobody")]).send().await.problem(422, "invalid_body");
        assert_eq!(refused.errors(), ["/email invalid_address"]);
        assert_eq!(refused.header("access-control-allow-origin"), "https://careers.example.com");
        form(&[&ADA[..], &[("_idempotency_key", "not one key")]].concat()).send().await.problem(400, "invalid_header");
        assert_eq!(opened.count().await, 1);
    }

    async fn a_key_may_also_stand_in_the_header(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let body = "name=Ada&email=ada%40example.net";
        let post = opened.ask(actix_web::http::Method::POST, &door).key(&opened.publishable);
        post.body("application/x-www-form-urlencoded; charset=UTF-8", body).send().await.expect(303);
    }
}
