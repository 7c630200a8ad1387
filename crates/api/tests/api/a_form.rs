//! A plain HTML form: whoever sends it is a person without a script, and is never shown JSON.

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
        page(post().body("multipart/form-data; boundary=x", "--x--").send().await, 415);
        page(post().body("text/plain", "name=Ada").send().await, 415);
        page(post().body(form, &format!("name={}", "a".repeat(70_000))).send().await, 413);
        let nowhere = door.replace("/v1/jobs/job_", "/v1/jobs/job_0");
        page(opened.form(&nowhere, &ADA).send().await, 404).says("There is no such job");
        assert_eq!(opened.count().await, 0);
    }

    async fn a_key_may_also_stand_in_the_header(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let body = "name=Ada&email=ada%40example.net";
        let post = opened.ask(actix_web::http::Method::POST, &door).key(&opened.publishable);
        post.body("application/x-www-form-urlencoded; charset=UTF-8", body).send().await.expect(303);
    }
}
