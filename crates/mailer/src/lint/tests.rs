use super::*;

const LINK: &str = "[See your application]({{ status_url }})\n";

fn found(kind: Kind, locale: Locale, body: &str) -> Vec<(usize, &'static str)> {
    let text = format!("---\nsubject: News\n---\nHello {{{{ name }}}},\n\n{body}\n\n{LINK}");
    check("x.md", kind, locale, &text).iter().map(|finding| (finding.line, finding.rule.as_str())).collect()
}

#[test]
fn what_comes_with_the_program_has_no_findings() {
    let findings = crate::templates::Templates::built_in().check();
    assert!(findings.is_empty(), "{findings:#?}");
}

#[test]
fn an_honest_letter_of_ones_own_has_no_findings() {
    let body = "We have decided not to go further with **{{ job_title }}**.\n\n{% if words %}\n{{ words }}\n\n{% endif %}\nIf you have a question, reply. We had 40 applications.";
    assert_eq!(found(Kind::Rejected, Locale::En, body), []);
}

#[test]
fn each_rule_names_the_line() {
    for (kind, body, expected) in [
        (Kind::Rejected, "One.\n\n{{ nmae }}", vec![(8, "unknown_variable")]),
        (Kind::Rejected, "One.\n{% if wrds %}x{% endif %}", vec![(7, "unknown_variable")]),
        (Kind::Rejected, "One.\n\n{{ words }}", vec![(8, "absent_value")]),
        (Kind::StageChanged, "{{ stage }}\n\nBy {{ promised_by }}", vec![(8, "absent_value")]),
        (Kind::Received, "x {{ promised_by if promised_by else stage }}", vec![(6, "absent_value")]),
        (Kind::Rejected, "One.\n\n{{ name", vec![(10, "syntax")]),
        (Kind::Rejected, "One.\n\n{{ name | loud }}", vec![(8, "syntax")]),
        (Kind::Rejected, "One.\n\n- two", vec![(8, "markup")]),
        (Kind::Rejected, "One.\n\nSee [us](https://elsewhere.example).", vec![(8, "markup")]),
        (Kind::Rejected, "One.\n\nPlease do not reply to this email.", vec![(8, "no_reply")]),
        (
            Kind::Received,
            "You hear from us within two weeks. {% if promised_by %}{{ promised_by }}{% endif %}",
            vec![(6, "unbound_promise")],
        ),
        (Kind::StillConsidering, "No news yet.", vec![(8, "missing_promise")]),
        (Kind::Rejected, "Bye.\n\nFollow us on LinkedIn!", vec![(8, "promotion")]),
    ] {
        assert_eq!(found(kind, Locale::En, body), expected, "{body}");
    }
}

#[test]
fn a_letter_needs_a_subject_and_the_link() {
    let rules = |text: &str| check("x.md", Kind::Hired, Locale::En, text).iter().map(|finding| finding.rule).collect::<Vec<_>>();
    assert_eq!(rules("Hello"), [Rule::FrontMatter]);
    assert_eq!(rules("---\nsubject: x\n---\nHello"), [Rule::MissingLink]);
    assert_eq!(rules(&format!("---\nsubject: News soon {{{{ nam }}}}\n---\n{LINK}")), [Rule::UnboundPromise, Rule::UnknownVariable]);
}

#[test]
fn a_misspelt_value_is_told_what_was_meant() {
    let findings = check("x.md", Kind::Hired, Locale::En, &format!("---\nsubject: x\n---\n{{{{ organization }}}}\n\n{LINK}"));
    assert!(
        findings[0]
            .to_string()
            .starts_with("x.md:4: `organization` is no value that letters have; did you mean `organisation`? There are name,"),
        "{}",
        findings[0]
    );
}

#[test]
fn nobody_is_told_not_to_answer_in_any_language() {
    for words in [
        "This mailbox is not monitored.",
        "Please do not reply.",
        "Don’t reply to this message.",
        "Write to noreply@example.com",
        "Bitte nicht antworten.",
        "Bitte antworten Sie nicht auf diese E-Mail.",
        "Antworten auf diese E-Mail werden nicht gelesen.",
        "Diese E-Mail kann leider nicht beantwortet werden.",
        "Merci de ne pas répondre à ce message.",
        "Ne répondez pas à cet e-mail.",
        "Cette boîte n’est pas consultée.",
        "Por favor, no responda a este mensaje.",
        "Este buzón no recibe respuestas.",
    ] {
        for locale in Locale::ALL {
            let found = found(Kind::Hired, *locale, words);
            assert!(found.contains(&(6, "no_reply")), "{locale}: {words}: {found:?}");
        }
    }
}

#[test]
fn no_time_is_promised_but_the_one_on_record() {
    for (locale, words) in [
        (Locale::En, "You will hear from us in 14 days."),
        (Locale::En, "It takes two to three working days."),
        (Locale::En, "We will be in touch soon."),
        (Locale::En, "We decide by Friday."),
        (Locale::En, "We decide on 7 December."),
        (Locale::De, "Sie hören innerhalb von zwei Wochen von uns."),
        (Locale::De, "Wir melden uns in Kürze."),
        (Locale::De, "Wir melden uns in den nächsten Tagen."),
        (Locale::De, "Wir entscheiden am 7. Dezember."),
        (Locale::Fr, "Nous vous répondrons sous quinze jours."),
        (Locale::Fr, "Nous reviendrons vers vous prochainement."),
        (Locale::Fr, "Réponse d’ici la fin du mois."),
        (Locale::Es, "Le responderemos en 10 días hábiles."),
        (Locale::Es, "Tendrá noticias lo antes posible."),
        (Locale::Es, "Decidimos el 7 de diciembre."),
    ] {
        let found = found(Kind::Hired, locale, words);
        assert!(found.contains(&(6, "unbound_promise")), "{locale}: {words}: {found:?}");
    }
}

#[test]
fn nothing_is_sold_to_somebody_who_waits() {
    for (locale, words) in [
        (Locale::En, "Join our talent community."),
        (Locale::De, "Abonnieren Sie unseren Newsletter."),
        (Locale::Fr, "Suivez-nous sur les réseaux sociaux."),
        (Locale::Es, "Consulte otras vacantes en nuestra web."),
        (Locale::Es, "https://example.com/?utm_source=mail"),
    ] {
        let found = found(Kind::Withdrawn, locale, words);
        assert!(found.contains(&(6, "promotion")), "{locale}: {words}: {found:?}");
    }
}
