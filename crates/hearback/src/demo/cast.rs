//! Who plays. Nobody here exists.

/// Somebody who applies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) job: Post,
    pub(super) part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Post {
    Librarian,
    Mechanic,
}

/// What becomes of their application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Told about an interview, then hired.
    Hired,
    /// Told about an interview.
    Interviewed,
    /// Moved on without a word.
    MovedQuietly,
    Rejected,
    /// Rejected with the recruiter's own words.
    RejectedWithWords,
    /// Rejected by mistake, and taken back in time.
    TakenBack,
    /// Ends it themselves.
    Withdraws,
    /// Applies around the moment at which the worker is killed.
    Late,
}

pub(super) const ORGANISATION: &str = "Brightwater Town Council";

pub(super) const RECRUITER: &str = "Ines Albrecht";

const fn person(name: &'static str, email: &'static str, job: Post, part: Part) -> Person {
    Person { name, email, job, part }
}

pub(super) const PEOPLE: &[Person] = &[
    person("Marta Kowalska", "marta.kowalska@example.org", Post::Librarian, Part::Hired),
    person("Tomás Duarte", "tomas.duarte@example.net", Post::Librarian, Part::Interviewed),
    person("Priya Raman", "priya.raman@example.org", Post::Librarian, Part::MovedQuietly),
    person("Henrik Lund", "henrik.lund@example.net", Post::Librarian, Part::Rejected),
    person("Leïla Benali", "leila.benali@example.org", Post::Mechanic, Part::RejectedWithWords),
    person("Jonas Weiß", "jonas.weiss@example.net", Post::Mechanic, Part::TakenBack),
    person("Ngozi Adeyemi", "ngozi.adeyemi@example.org", Post::Mechanic, Part::Rejected),
    person("Callum Reid", "callum.reid@example.net", Post::Mechanic, Part::Withdraws),
    person("Aiko Tanabe", "aiko.tanabe@example.org", Post::Librarian, Part::Late),
    person("Samuel Okoro", "samuel.okoro@example.net", Post::Mechanic, Part::Late),
    person("Rosa Jiménez", "rosa.jimenez@example.org", Post::Mechanic, Part::Late),
    person("Elif Demir", "elif.demir@example.net", Post::Librarian, Part::Late),
];

impl Post {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Librarian => "Children's librarian",
            Self::Mechanic => "Bicycle mechanic",
        }
    }
}

pub(super) fn with(part: Part) -> impl Iterator<Item = &'static Person> {
    PEOPLE.iter().filter(move |person| person.part == part)
}
