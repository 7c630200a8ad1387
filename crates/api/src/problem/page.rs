//! `GET /problems` and `GET /problems/{code}`: where the `type` of a problem leads to.

use actix_web::{HttpRequest, HttpResponse, http::header, web::Data};
use data_encoding::BASE64;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{Code, Missing, Problem};

const TEMPLATE: &str = "problem.html";
const STYLE: &str = include_str!("../../templates/problem.css");

/// Rendered once: they say the same to everybody.
pub(crate) struct ProblemPages {
    all: String,
    each: Vec<(Code, String)>,
    policy: String,
}

impl ProblemPages {
    pub(crate) fn new() -> Self {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|_| AutoEscape::Html);
        templates.add_global("style", Value::from_safe_string(STYLE.to_owned()));
        let source = include_str!("../../templates/problem.html");
        templates.add_template(TEMPLATE, source).expect("the template is compiled in");
        let render =
            |values: Value| templates.get_template(TEMPLATE).and_then(|page| page.render(values)).expect("its values are all given");
        let problems: Vec<Value> = Code::ALL.iter().map(|code| described(*code)).collect();
        let all = render(context! { title => "What can go wrong", problem => (), problems });
        let each = |code: &Code| (*code, render(context! { title => code.title(), problem => described(*code), problems => () }));
        let style = BASE64.encode(&Sha256::digest(STYLE));
        let policy = format!("default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        Self { all, each: Code::ALL.iter().map(each).collect(), policy }
    }

    fn respond(&self, page: &str) -> HttpResponse {
        HttpResponse::Ok()
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_SECURITY_POLICY, self.policy.as_str()))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((header::REFERRER_POLICY, "no-referrer"))
            .body(page.to_owned())
    }
}

fn described(code: Code) -> Value {
    let meaning = code.meaning();
    context! {
        code => code.as_str(),
        status => code.status().as_u16(),
        title => code.title(),
        what => marked(meaning.what),
        steps => meaning.steps.iter().map(|step| marked(step)).collect::<Vec<_>>(),
        again => meaning.again,
        example => example(code),
    }
}

/// In the order in which it is answered.
fn example(code: Code) -> String {
    let (kind, title, status) = (json!(code.uri()), json!(code.title()), code.status().as_u16());
    let errors = |place: &str| format!("\n  \"errors\": [\n    {{ {place}, \"code\": \"…\", \"detail\": \"…\" }}\n  ],");
    let errors = if code == Code::InvalidBody {
        errors("\"pointer\": \"/email\"")
    } else if code == Code::InvalidQuery {
        errors("\"parameter\": \"limit\"")
    } else {
        String::new()
    };
    format!(
        "{{\n  \"type\": {kind},\n  \"title\": {title},\n  \"status\": {status},\n  \"detail\": \"…\",{errors}\n  \"request_id\": \"req_…\"\n}}"
    )
}

/// What stands in backticks is code. The texts are ours, and still nothing in them is taken for HTML.
fn marked(text: &str) -> Value {
    let escaped = |part: &str| part.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let parts = text.split('`').enumerate();
    let html = parts.map(|(at, part)| if at % 2 == 1 { format!("<code>{}</code>", escaped(part)) } else { escaped(part) });
    Value::from_safe_string(html.collect())
}

pub(crate) async fn index(pages: Data<ProblemPages>) -> HttpResponse {
    pages.respond(&pages.all)
}

pub(crate) async fn show(pages: Data<ProblemPages>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.match_info().get("code").unwrap_or_default();
    let page = pages.each.iter().find(|(code, _)| code.as_str() == asked).ok_or(Problem::NotFound(Missing::Path))?;
    Ok(pages.respond(&page.1))
}
