use hearback_e2e::TestApp;
use hearback_testkit::{database::DatabaseKind, on_both_databases};

on_both_databases! {
    async fn an_application_is_acknowledged(kind: DatabaseKind) {
        let app = TestApp::start(kind).await;
        let answer = app.apply("Zoë Ferreira", "zoe@example.org").await;
        assert!(answer.text_of("id").starts_with("app_"));

        let mails = app.mails_after(1).await;
        assert_eq!((mails[0].to.as_str(), mails.len()), ("zoe@example.org", 1));
        let page = app.visit(answer.text_of("status_url")).await.expect(200);
        assert!(page.text.contains("Librarian") && page.text.contains("Example Library"), "{}", page.text);
        app.finish().await;
    }

    async fn an_application_by_a_plain_form_is_acknowledged(kind: DatabaseKind) {
        let app = TestApp::start(kind).await;
        let answer = app.submit_form(&[("name", "Zoë Ferreira"), ("email", "zoe@example.org"), ("_gotcha", "")]).await.expect(303);
        assert_eq!(app.mails_after(1).await[0].to, "zoe@example.org");
        let page = app.visit(answer.location.as_deref().unwrap()).await.expect(200);
        assert!(page.text.contains("Librarian"), "{}", page.text);
        app.finish().await;
    }

    async fn many_who_apply_at_the_same_moment_are_all_acknowledged(kind: DatabaseKind) {
        let app = TestApp::start(kind).await;
        let emails: Vec<String> = (0..64).map(|number| format!("robin{number}@example.org")).collect();
        futures::future::join_all(emails.iter().map(|email| app.apply("Robin Example", email))).await;
        let mut told: Vec<String> = app.mails_after(64).await.into_iter().map(|mail| mail.to).collect();
        let mut expected = emails.clone();
        told.sort();
        expected.sort();
        assert_eq!(told, expected);
        app.finish().await;
    }
}
