//! The OpenAPI document says what the server does.

use std::{collections::BTreeSet, fs, path::Path};

use actix_web::http::Method;
use hearback_testkit::{database::DatabaseKind, on_both_databases};
use serde_json::Value;

use crate::support::open;

#[test]
fn the_committed_document_is_the_documents_text() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/openapi.json");
    let current = format!("{}\n", serde_json::to_string_pretty(&hearback_api::openapi()).unwrap());
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == current,
        "openapi/openapi.json does not describe this API any more. To accept the change:\n\n    \
         cargo run --release -- openapi > openapi/openapi.json\n"
    );
}

/// Of two types with one name the document describes one, and nobody says so: both are then said to be that.
#[test]
fn every_type_has_a_name_of_its_own() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut names: Vec<String> = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(path).unwrap();
            let is_type = |line: &str| ["pub", "struct ", "enum "].iter().any(|start| line.starts_with(start));
            let is_head = |line: &&str| line.starts_with("#[") || line.starts_with("///") || is_type(line);
            let lines: Vec<&str> = text.lines().filter(is_head).collect();
            for derived in
                lines.iter().enumerate().filter(|(_, line)| line.starts_with("#[derive") && line.contains("ToSchema")).map(|(at, _)| at)
            {
                let head = &lines[derived..];
                let head = &head[..=head.iter().position(|line| is_type(line)).unwrap()];
                let word = |text: &str| text.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned();
                let given = head.iter().find_map(|line| line.split_once("as = ")).map(|(_, name)| word(name));
                let own =
                    || head.last().and_then(|line| line.split_once("struct ").or(line.split_once("enum "))).map(|(_, name)| word(name));
                names.push(given.or_else(own).unwrap());
            }
        }
    }
    assert!(names.len() > 80, "{}", names.len());
    let mut seen = BTreeSet::new();
    let twice: Vec<&String> = names.iter().filter(|name| !seen.insert(*name)).collect();
    assert_eq!(twice, Vec::<&String>::new(), "`#[schema(as = …)]` gives one of them another name");
}

/// What no operation takes, so that each path names what it does take.
const NO_OPERATION: Method = Method::TRACE;

on_both_databases! {
    async fn every_operation_of_the_document_is_there_and_no_other(kind: DatabaseKind) {
        let opened = open(kind).await;
        let document = serde_json::to_value(hearback_api::openapi()).unwrap();
        for (path, operations) in document["paths"].as_object().unwrap() {
            let path = path.replace("{id}", "x").replace("{external_id}", "x");
            let answer = opened.ask(NO_OPERATION, &path).send().await.problem(405, "method_not_allowed");
            let allowed: BTreeSet<&str> = answer.header("allow").split(", ").filter(|method| *method != "HEAD").collect();
            let described: BTreeSet<String> = operations.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
            assert_eq!(allowed, described.iter().map(String::as_str).collect(), "{path}");
        }
    }

    /// A program whose variable is empty asked for one thing, and must not be given everything.
    async fn a_filter_that_is_empty_is_refused_and_not_left_out(kind: DatabaseKind) {
        let opened = open(kind).await;
        let document = serde_json::to_value(hearback_api::openapi()).unwrap();
        let mut asked = 0;
        for (path, operations) in document["paths"].as_object().unwrap().iter().filter(|(path, _)| !path.contains('{')) {
            let parameters = operations["get"]["parameters"].as_array().into_iter().flatten();
            for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
                let name = parameter["name"].as_str().unwrap();
                opened.get(&format!("{path}?{name}=")).send().await.problem(400, "invalid_query");
                asked += 1;
            }
        }
        assert!(asked > 20, "{asked}");
    }

    async fn what_a_body_is_shown_to_be_like_is_taken(kind: DatabaseKind) {
        let opened = open(kind).await;
        let board = opened.board().await.to_string();
        let document = serde_json::to_value(hearback_api::openapi()).unwrap();
        let example = |schema: &str| document["components"]["schemas"][schema]["example"].clone();
        opened.post("/v1/boards", &example("NewBoard")).send().await.expect(201);
        let mut job = example("NewJob");
        job["board_id"] = Value::String(board);
        let job = opened.post("/v1/jobs", &job).send().await.expect(201).text_of("id").to_owned();
        let door = format!("/v1/jobs/{job}/applications");
        for (schema, verb) in [("Move", "move"), ("Reject", "reject"), ("Unreject", "unreject"), ("Hire", "hire"), ("Withdraw", "withdraw")] {
            let applied = opened.apply(&door, &example("NewApplication")).send().await.expect(201);
            let path = applied.header("location").to_owned();
            if verb == "unreject" {
                opened.post(&format!("{path}/reject"), &example("Reject")).send().await.expect(200);
            }
            opened.post(&format!("{path}/{verb}"), &example(schema)).send().await.expect(200);
            opened.post(&format!("{path}/withdraw"), &example("Withdraw")).send().await.expect(200);
        }
        let form = example("ApplicationForm");
        let fields: Vec<(&str, &str)> = form.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        let typed: Vec<(&str, &str)> = fields.into_iter().filter(|(name, _)| *name != "_key").collect();
        opened.form(&door, &typed).send().await.expect(303);
    }

    async fn the_documentation_works_without_the_internet(kind: DatabaseKind) {
        let opened = open(kind).await;
        let document = opened.ask(Method::GET, "/openapi.json").send().await.expect(200);
        assert_eq!(document.json, serde_json::to_value(hearback_api::openapi()).unwrap());
        let page = opened.ask(Method::GET, "/docs/").send().await.expect(200);
        assert!(page.header("content-type").starts_with("text/html"));
        let start = opened.ask(Method::GET, "/docs/swagger-initializer.js").send().await.expect(200);
        start.says("../openapi.json");
        for file in ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-standalone-preset.js"] {
            page.says(file);
            opened.ask(Method::GET, &format!("/docs/{file}")).send().await.expect(200);
        }
        for text in [&page.text, &start.text] {
            assert!(!text.contains("https://") && !text.contains("http://"), "{text}");
        }
        let from = opened.ask(Method::GET, "/docs").send().await.expect(308);
        assert_eq!(from.header("location"), "docs/");
    }

    async fn health_says_whether_the_database_answers(kind: DatabaseKind) {
        let opened = open(kind).await;
        let answer = opened.ask(Method::GET, "/health").send().await.expect(200);
        assert_eq!(answer.json["status"], "ok");
        opened.ask(Method::HEAD, "/health").send().await.expect(200);
    }
}
