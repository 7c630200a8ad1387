//! From what a person of the organisation answers to what the applicant gets.

use hearback_domain::{EmailAddress, notification::Kind, reply_token::ReplyAddresses};
use hearback_ledger::{Message, Page};
use hearback_testkit::fake_clock::FakeClock;

use super::{inbound::understand_all, *};

/// Everything that the organisation's relay took.
#[derive(Default)]
struct Taken(Mutex<Vec<Composed>>);

#[async_trait]
impl Transport for Taken {
    fn name(&self) -> &str {
        "taken"
    }

    async fn hand_over(&self, mail: &Composed) -> Outcome {
        self.0.lock().unwrap().push(mail.clone());
        accepted()
    }
}

/// An applicant who was acknowledged and wrote; the owner was told.
struct Asked {
    office: Office,
    clock: FakeClock,
    relay: Arc<Taken>,
    work: Option<AtWork>,
    application: ApplicationId,
    alert: Composed,
}

impl Asked {
    async fn open(kind: DatabaseKind) -> Self {
        let clock = FakeClock::default();
        let office = Office::open_at(kind, TimeDelta::minutes(5), Arc::new(clock.clone())).await;
        let application = office.apply(1).await[0];
        let relay = Arc::new(Taken::default());
        let mut asked = Self { office, clock, relay, work: None, application, alert: nothing() };
        let received = asked.next_to("robin0@example.net", 1).await;
        let raw = format!(
            "From: Robin <robin0@example.net>\r\nSubject: My dog\r\nMessage-ID: <q1@example.net>\r\nIn-Reply-To: {}\r\n\r\nMay I bring my dog?\r\n",
            received.message_id
        );
        asked.comes_in("robin0@example.net", &header(&received, "Reply-To"), &raw).await;
        asked.alert = asked.next_to("owner@example.com", 1).await;
        // What comes in is understood when a test says so.
        asked.stop().await;
        asked
    }

    async fn comes_in(&self, from: &str, to: &str, raw: &str) {
        self.office.ledger.keep_inbound_mail(from, &[to.to_owned()], raw.as_bytes()).await.unwrap();
    }

    fn taken_by(&self, to: &str) -> Vec<Composed> {
        self.relay.0.lock().unwrap().iter().filter(|mail| mail.to.as_str() == to).cloned().collect()
    }

    /// The mail to somebody with this number, from 1. The clock goes on meanwhile, which rounds go by.
    async fn next_to(&mut self, to: &str, number: usize) -> Composed {
        self.start();
        let began = Instant::now();
        loop {
            if let Some(mail) = self.taken_by(to).get(number - 1) {
                return mail.clone();
            }
            assert!(began.elapsed() < PATIENCE, "{:?}", self.relay.0.lock().unwrap());
            self.clock.advance(TimeDelta::seconds(1));
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn start(&mut self) {
        if self.work.is_none() {
            let reach = Reach { reply_addresses: Some(addresses(&self.office.ledger)), redirect_all_to: None };
            self.work = Some(self.office.start_with(self.office.ledger.clone(), 2, self.relay.clone(), reach));
        }
    }

    async fn stop(&mut self) {
        if let Some(work) = self.work.take() {
            work.stop().await;
        }
    }

    /// Everything that came in, and nothing else. Returns how much it was.
    async fn understand(&mut self) -> usize {
        self.stop().await;
        understand_all(&self.office).await
    }

    /// A day of rounds.
    async fn a_day_passes(&mut self) {
        self.start();
        for _ in 0..24 {
            self.clock.advance(TimeDelta::hours(1));
            sleep(Duration::from_millis(60)).await;
        }
        self.stop().await;
    }

    async fn messages(&self) -> Vec<Message> {
        self.office.ledger.messages(self.application, Page { after: None, limit: 99 }).await.unwrap()
    }
}

fn nothing() -> Composed {
    let address: EmailAddress = "nobody@example.com".parse().unwrap();
    Composed {
        message_id: String::new(),
        envelope_from: address.clone(),
        to: address,
        subject: String::new(),
        text: String::new(),
        raw: Vec::new(),
        template_version: String::new(),
        sha256: [0; 32],
    }
}

fn addresses(ledger: &Ledger) -> ReplyAddresses {
    ReplyAddresses::new("replies.example.com", ledger.link_keys().as_ref().clone()).unwrap()
}

fn header(mail: &Composed, name: &str) -> String {
    let raw = String::from_utf8(mail.raw.clone()).unwrap().replace("\r\n ", " ");
    raw.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap_or_default().to_owned()
}

/// As mail programs write an answer to the alert.
fn answer(alert: &Composed, from: &str, id: &str, words: &str) -> String {
    let quoted: String = alert.text.lines().map(|line| format!("> {line}\r\n")).collect();
    format!(
        "From: Maria <{from}>\r\nSubject: Re: {}\r\nMessage-ID: <{id}@office.example>\r\nIn-Reply-To: {}\r\n\r\n{words}\r\n\r\n-- \r\nMaria, {from}\r\n\r\n\
         On Mon, Nov 23, 2026 at 10:00 AM Example Bakery <jobs@example.com> wrote:\r\n{quoted}",
        alert.subject, alert.message_id
    )
}

on_both_databases! {
    async fn the_owners_answer_goes_to_the_applicant_once_with_their_own_words_only(kind: DatabaseKind) {
        let mut asked = Asked::open(kind).await;
        let to = header(&asked.alert, "Reply-To");
        assert!(to.starts_with("answer+"), "{to}");
        let raw = answer(&asked.alert, "owner@example.com", "o1", "Yes, dogs are welcome.");
        for way in 0..3 {
            asked.comes_in("owner@example.com", &to, &format!("Received: {way}\r\n{raw}")).await;
        }
        assert_eq!(asked.understand().await, 3);
        let mail = asked.next_to("robin0@example.net", 2).await;
        assert!(mail.text.starts_with("Yes, dogs are welcome."), "{}", mail.text);
        for internal in ["owner@example.com", "answer+", "Maria", "simply reply to this email. What"] {
            assert!(!String::from_utf8_lossy(&mail.raw).contains(internal), "{internal} in {}", String::from_utf8_lossy(&mail.raw));
        }
        assert_eq!((mail.subject.as_str(), header(&mail, "In-Reply-To").as_str()), ("Re: My dog", "<q1@example.net>"));
        assert!(header(&mail, "References").ends_with("<q1@example.net>") && header(&mail, "Auto-Submitted").is_empty());
        assert!(header(&mail, "From").contains("jobs@example.com") && header(&mail, "Reply-To").starts_with("reply+"));
        assert_eq!(asked.messages().await.len(), 2, "the same mail three times is one message");
        let began = Instant::now();
        while asked.office.ledger.application(asked.application).await.unwrap().unwrap().standing.unanswered.is_some() {
            assert!(began.elapsed() < PATIENCE, "it was answered");
            sleep(Duration::from_millis(20)).await;
        }
        // The next alert is in the owner's own thread.
        let raw = "From: robin0@example.net\r\nSubject: Re: My dog\r\nMessage-ID: <q2@example.net>\r\n\r\nAnd my cat?\r\n";
        asked.comes_in("robin0@example.net", &header(&mail, "Reply-To"), raw).await;
        let next = asked.next_to("owner@example.com", 2).await;
        assert_eq!(header(&next, "References"), format!("{} <o1@office.example>", asked.alert.message_id));
        asked.stop().await;
        assert_eq!(asked.office.ledger.audit().await.unwrap(), []);
    }

    async fn what_is_not_surely_theirs_and_for_the_applicant_goes_to_a_person(kind: DatabaseKind) {
        let mut asked = Asked::open(kind).await;
        let to = header(&asked.alert, "Reply-To");
        let forged = to.replace("answer+a", "answer+b");
        let forged = if forged == to { format!("answer+a{}", &to[8..]) } else { forged };
        let ours = answer(&asked.alert, "owner@example.com", "o1", "");
        let unquoted = format!("From: owner@example.com\r\nMessage-ID: <o2@x>\r\n\r\nYes.\r\n\r\n{}", asked.alert.text.replace('\n', "\r\n"));
        let stranger = answer(&asked.alert, "colleague@example.com", "o3", "Tell them no.");
        let applicant = answer(&asked.alert, "robin0@example.net", "o4", "Thank you!");
        let signed = answer(&asked.alert, "owner@example.com", "o5", "Yes.");
        for (to, raw) in [(&to, ours), (&to, unquoted), (&to, stranger), (&to, applicant), (&forged, signed)] {
            asked.comes_in("somebody@example.com", to, &raw).await;
        }
        assert_eq!(asked.understand().await, 5);
        assert_eq!(asked.messages().await.len(), 1, "nothing was put into the conversation");
        asked.a_day_passes().await;
        assert_eq!(asked.taken_by("robin0@example.net").len(), 1, "the acknowledgement, and nothing else");
        let told: String = asked.relay.0.lock().unwrap().iter().filter(|mail| mail.subject.contains("cannot place")).map(|mail| mail.text.clone()).collect();
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        for why in ["could not tell your own words", "not from an address of the people of the job", "names none of our messages"] {
            assert!(told.contains(why), "{why} is missing in {told}");
        }
        assert!(asked.office.ledger.application(asked.application).await.unwrap().unwrap().standing.unanswered.is_some());
    }

    async fn machines_of_the_organisation_are_not_passed_on_and_what_came_back_is_told_to_the_next_person(kind: DatabaseKind) {
        let mut asked = Asked::open(kind).await;
        let to = header(&asked.alert, "Reply-To");
        let away = "From: owner@example.com\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n";
        let back = asked.alert.envelope_from.to_string();
        assert!(back.starts_with("bounce+"), "{back}");
        for to in [&to, &back] {
            asked.comes_in("", to, &away.replace("away", &format!("away {to}"))).await;
        }
        assert_eq!(asked.understand().await, 2);
        assert_eq!((asked.messages().await.len(), asked.taken_by("robin0@example.net").len()), (1, 1));
        let report = super::inbound::report("x", "failed", "5.1.1");
        for _ in 0..2 {
            asked.comes_in("", &back, &report).await;
        }
        assert_eq!(asked.understand().await, 1);
        asked.start();
        let began = Instant::now();
        // There is no manager and no fallback: nobody is left, which the audit says, and nothing goes round.
        let said = |what: &str| what.contains("set organisation.fallback");
        while !asked.office.ledger.audit().await.unwrap().iter().any(|finding| said(finding.what)) {
            assert!(began.elapsed() < PATIENCE, "{:?}", asked.office.ledger.audit().await.unwrap());
            asked.clock.advance(TimeDelta::minutes(1));
            sleep(Duration::from_millis(50)).await;
        }
        // Nor later: whoever refused once is not asked again and again.
        for _ in 0..20 {
            asked.clock.advance(TimeDelta::minutes(5));
            sleep(Duration::from_millis(100)).await;
        }
        asked.stop().await;
        assert_eq!(asked.taken_by("owner@example.com").len(), 1);
    }

    async fn a_month_of_vacation_responders_on_both_sides_causes_no_mail(kind: DatabaseKind) {
        let mut asked = Asked::open(kind).await;
        let mut answered = 0;
        for day in 0..30 {
            asked.start();
            for _ in 0..4 {
                asked.clock.advance(TimeDelta::hours(6));
                sleep(Duration::from_millis(40)).await;
            }
            asked.stop().await;
            // To where people would answer, and to the envelope's sender (RFC 3834, section 4).
            let mails = asked.relay.0.lock().unwrap().clone();
            for mail in &mails[answered..] {
                for (way, to) in [header(mail, "Reply-To"), mail.envelope_from.to_string()].iter().enumerate() {
                    let raw = format!(
                        "From: {}\r\nTo: {to}\r\nSubject: Away: {}\r\nMessage-ID: <away-{day}-{way}-{}@example.net>\r\nIn-Reply-To: {}\r\n\
                         Auto-Submitted: auto-replied\r\n\r\nI am away for a month.\r\n",
                        mail.to,
                        mail.subject,
                        mail.message_id.trim_matches(['<', '>']).replace('@', "-at-"),
                        mail.message_id
                    );
                    asked.comes_in("", to, &raw).await;
                }
            }
            answered = mails.len();
            asked.understand().await;
        }
        assert!(answered >= 4, "there was something to answer: the acknowledgement, the question, a note that it takes longer");
        assert_eq!(asked.messages().await.len(), 1, "the question is all that was said");
        let messages = asked.office.ledger.notifications(asked.application).await.unwrap();
        assert!(messages.iter().all(|one| one.kind != Kind::Message));
        let mails = asked.relay.0.lock().unwrap().clone();
        for mail in &mails {
            assert!(!mail.text.contains("I am away") && !mail.subject.contains("cannot place"), "{}: {}", mail.subject, mail.text);
        }
    }

    async fn two_machines_that_take_each_other_for_people_come_to_an_end(kind: DatabaseKind) {
        let mut asked = Asked::open(kind).await;
        let to = header(&asked.alert, "Reply-To");
        for number in 0..20 {
            let raw = answer(&asked.alert, "owner@example.com", &format!("o{number}"), &format!("I am a person, really. {number}"));
            asked.comes_in("owner@example.com", &to, &raw).await;
            assert_eq!(asked.understand().await, 1);
        }
        let sent = asked.messages().await.len() - 1;
        assert_eq!(sent, 12, "an hour's worth");
        let messages = asked.office.ledger.notifications(asked.application).await.unwrap();
        assert_eq!(messages.iter().filter(|one| one.kind == Kind::Message).count(), 12);
    }
}
