//! A form with files: they are kept with the application, and given out to be saved and never to be shown.

use actix_web::http::Method;
use chrono::TimeDelta;
use hearback_api::Careers;
use hearback_testkit::{database::DatabaseKind, on_both_databases};

use crate::support::{Ask, Opened, open};

const TYPED: [(&str, &str); 2] = [("name", "Zoë"), ("email", "zoe@example.net")];

const PDF: &[u8] = b"%PDF-1.7\n\0\xff\r\n--b\r\n";

fn multipart<'a>(opened: &'a Opened, door: &str, fields: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Ask<'a> {
    let mut body = Vec::new();
    for (name, value) in [&[("_key", opened.publishable.as_str())], fields].concat() {
        body.extend(format!("--bound\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
    }
    for (name, file_name, content) in files {
        let headers = format!("Content-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\nContent-Type: text/html");
        body.extend([b"--bound\r\n", headers.as_bytes(), b"\r\n\r\n", content, b"\r\n"].concat());
    }
    body.extend(b"--bound--\r\n");
    opened.ask(Method::POST, door).bytes("multipart/form-data; boundary=bound", body)
}

on_both_databases! {
    async fn files_are_kept_with_their_application_and_given_out_to_be_saved(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let large = [b"%PDF-1.7\n".to_vec(), vec![7; 1_500_000]].concat();
        let files = [("resume", "C:\\fakepath\\Zoë.html", PDF), ("attachments", "", b""), ("attachments", "letter.txt", b"Hello"), ("attachments", "big.pdf", &large)];
        multipart(&opened, &door, &TYPED, &files).send().await.expect(303);
        let id = opened.get("/v1/applications").send().await.expect(200).json["items"][0]["id"].as_str().unwrap().to_owned();
        let list = opened.get(&format!("/v1/applications/{id}/attachments")).send().await.expect(200);
        let items = list.json["items"].as_array().unwrap();
        let told: Vec<String> = items.iter().map(|file| format!("{} {} {} {}", file["role"], file["file_name"], file["media_type"], file["size"]).replace('"', "")).collect();
        let expected = ["resume Zoë.html.pdf application/pdf 18".to_owned(), "other letter.txt text/plain 5".to_owned(), format!("other big.pdf application/pdf {}", large.len())];
        assert_eq!(told, expected);
        for (file, content) in items.iter().zip([PDF, b"Hello", &large]) {
            let path = format!("/v1/attachments/{}", file["id"].as_str().unwrap());
            let answer = opened.get(&path).send().await.expect(200);
            assert!(answer.bytes == content);
            assert!(answer.header("content-disposition").starts_with("attachment; filename="));
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("cache-control"), "no-store");
            opened.ask(Method::GET, &path).key(&opened.publishable).send().await.problem(403, "forbidden");
        }
    }

    async fn a_file_is_what_its_bytes_are_and_others_are_refused_with_what_was_typed(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let files = [("resume", "cv.pdf", &b"MZ\x90\0"[..]), ("attachments", "empty.txt", b"")];
        let answer = multipart(&opened, &door, &TYPED, &files).send().await.expect(422);
        answer.says("Your résumé is a file of a kind that is not taken; send PDF, DOCX");
        answer.says("Other files is an empty file");
        answer.says("value=\"Zoë\"");
        answer.says("enctype=\"multipart/form-data\"");
        let json = multipart(&opened, &door, &TYPED, &files).header("Accept", "application/json").send().await.problem(422, "invalid_body");
        assert_eq!(json.errors(), ["/resume unsupported_file", "/attachments empty"]);
        let elsewhere = multipart(&opened, &door, &TYPED, &[("photo", "a.pdf", PDF)]).header("Accept", "application/json");
        assert_eq!(elsewhere.send().await.problem(422, "invalid_body").errors(), ["/photo unknown"]);
        assert_eq!(opened.count().await, 0);
    }

    async fn what_is_larger_than_the_settings_allow_is_refused_with_words(kind: DatabaseKind) {
        let mut opened = open(kind).await;
        opened.careers = Careers::new(Vec::new(), 100_000, TimeDelta::zero());
        let door = opened.door().await;
        let large = [b"%PDF-1.7\n".to_vec(), vec![7; 200_000]].concat();
        let answer = multipart(&opened, &door, &TYPED, &[("resume", "cv.pdf", &large)]).send().await.expect(413);
        answer.says("There is too much in this form");
        multipart(&opened, &door, &TYPED, &[("resume", "cv.pdf", &large[..90_000])]).send().await.expect(303);
        // Fields are no files: they have the room that every body has.
        let long = "a".repeat(70_000);
        multipart(&opened, &door, &[("name", &long)], &[]).send().await.expect(413);
        assert_eq!(opened.count().await, 1);
    }

    async fn the_same_key_with_another_file_is_another_application(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        let fields = [&TYPED[..], &[("_idempotency_key", "k")]].concat();
        let send = |content: &'static [u8]| multipart(&opened, &door, &fields, &[("resume", "cv.pdf", content)]).header("Accept", "application/json");
        let first = send(PDF).send().await.expect(201);
        assert_eq!(send(PDF).send().await.expect(201).text, first.text);
        send(b"%PDF-1.4 another").send().await.problem(422, "idempotency_key_reused");
    }

    async fn a_file_of_another_board_is_not_there(kind: DatabaseKind) {
        let opened = open(kind).await;
        let door = opened.door().await;
        multipart(&opened, &door, &TYPED, &[("resume", "cv.pdf", PDF)]).send().await.expect(303);
        let id = opened.get("/v1/applications").send().await.expect(200).json["items"][0]["id"].as_str().unwrap().to_owned();
        let file = opened.get(&format!("/v1/applications/{id}/attachments")).send().await.expect(200).json["items"][0]["id"].as_str().unwrap().to_owned();
        let other = opened.board().await;
        let stranger = opened.key(hearback_ledger::ApiKeyKind::Secret, false, Some(other)).await;
        opened.ask(Method::GET, &format!("/v1/attachments/{file}")).key(&stranger).send().await.problem(404, "not_found");
        opened.ask(Method::GET, &format!("/v1/applications/{id}/attachments")).key(&stranger).send().await.problem(404, "not_found");
    }
}
