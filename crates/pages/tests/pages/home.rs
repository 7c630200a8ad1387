//! The page at the server's address.

use crate::support::open;
use actix_web::http::{Method, StatusCode};
use hearback_testkit::{database::DatabaseKind, on_both_databases};

on_both_databases! {
    async fn whoever_opens_the_servers_address_finds_the_way(kind: DatabaseKind) {
        let opened = open(kind).await;
        let seen = opened.get("/").await;
        assert_eq!(seen.status, StatusCode::OK);
        // With the path that the proxy in front takes off.
        for link in ["/hearback/docs/", "/hearback/openapi.json", "/hearback/dev/mailbox", "/hearback/health"] {
            seen.says(&format!("<a href=\"{link}\">"));
        }
        assert_eq!(opened.request(Method::POST, "/").await.status, StatusCode::METHOD_NOT_ALLOWED);
    }

    async fn careers_pages_on_other_servers_may_load_the_script(kind: DatabaseKind) {
        let opened = open(kind).await;
        let seen = opened.get("/hearback.js").await;
        assert_eq!((seen.status, seen.header("content-type")), (StatusCode::OK, "text/javascript; charset=utf-8"));
        assert_eq!((seen.header("access-control-allow-origin"), seen.header("cross-origin-resource-policy")), ("*", "cross-origin"));
        assert!(seen.header("cache-control").contains("max-age") && seen.header("etag").starts_with('"'));
        seen.does_not_say("://");
    }
}
