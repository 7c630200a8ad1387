//! The documentation in a browser. Everything it needs is in this program, so it works without the internet.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, ContentEncoding},
    web::Data,
};
use utoipa_swagger_ui::Config;

use crate::problem::{Missing, Problem};

/// What is the same for every request, made once.
pub(crate) struct Docs {
    document: String,
    ui: Arc<Config<'static>>,
}

impl Docs {
    pub(crate) fn new() -> Self {
        let document = crate::openapi().to_json().expect("the document can be written as JSON");
        // Relative, for a proxy that puts a path before ours. No validator: it is on the internet.
        let ui = Config::from("../openapi.json").validator_url("none").try_it_out_enabled(true);
        Self { document, ui: Arc::new(ui) }
    }
}

/// `GET /openapi.json`
pub(crate) async fn document(docs: Data<Docs>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(docs.document.clone())
}

/// `GET /docs/…`
pub(crate) async fn file(docs: Data<Docs>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let path = request.match_info().get("file").unwrap_or_default();
    let file = utoipa_swagger_ui::serve(path, Arc::clone(&docs.ui)).expect("the configuration can be written as JSON");
    let file = file.ok_or(Problem::NotFound(Missing::Path))?;
    let mut response = HttpResponse::Ok();
    if file.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, ContentEncoding::Gzip));
    }
    Ok(response.content_type(file.content_type).body(file.bytes.into_owned()))
}

/// `GET /docs`: the page's own links are relative to `/docs/`.
pub(crate) async fn with_slash() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "docs/")).finish()
}
