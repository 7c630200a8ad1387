//! The script that careers pages put beside their form. They are on other servers, so it may be loaded from everywhere.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, ETag, EntityTag, Header, IfNoneMatch},
};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

const SCRIPT: &str = include_str!("../assets/hearback.js");

/// Kept for an hour, and then asked for again by its hash: a page that names it gets every correction.
pub(crate) async fn script(request: HttpRequest) -> HttpResponse {
    let tag = EntityTag::new_strong(HEXLOWER.encode(&Sha256::digest(SCRIPT)[..8]));
    let mut response = match IfNoneMatch::parse(&request) {
        Ok(IfNoneMatch::Items(known)) if known.iter().any(|known| known.weak_eq(&tag)) => HttpResponse::NotModified(),
        _ => HttpResponse::Ok(),
    };
    response
        .content_type("text/javascript; charset=utf-8")
        .insert_header(ETag(tag))
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
        .body(SCRIPT)
}
