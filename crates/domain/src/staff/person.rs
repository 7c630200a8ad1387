use chrono::TimeDelta;

use crate::{EmailAddress, closed_set::closed_set};

/// The same person has at most one mail in this time: what happens meanwhile goes into the next.
pub const ONE_MAIL_IN: TimeDelta = TimeDelta::hours(1);

closed_set! {
    /// Who is asked to act when an applicant waits for a person, in the order in which they are.
    Person, "person" {
        /// The owner of the job.
        Owner = "owner",
        /// Who is asked when the owner cannot be reached.
        Manager = "manager",
        /// The organisation's own address for what nobody else reads.
        Fallback = "fallback",
    }
}

impl Person {
    const fn after(self) -> Option<Self> {
        match self {
            Self::Owner => Some(Self::Manager),
            Self::Manager => Some(Self::Fallback),
            Self::Fallback => None,
        }
    }
}

/// The first who has an address, from `first` on, behind the one who could not be reached. Whoever could not be reached in one role is not
/// asked in another. Where nobody stands above the owner, what is for them is the owner's too: once more is better than nobody.
pub fn next_person<'a>(
    first: Person,
    after: Option<(Person, &EmailAddress)>,
    address: impl Fn(Person) -> Option<&'a EmailAddress>,
) -> Option<(Person, &'a EmailAddress)> {
    let mut next = after.map_or(Some(first), |(unreachable, _)| unreachable.after());
    while let Some(person) = next {
        let found = address(person).filter(|found| after.is_none_or(|(_, tried)| found.identity() != tried.identity()));
        if let Some(found) = found {
            return Some((person, found));
        }
        next = person.after();
    }
    if after.is_some() {
        return None;
    }
    address(Person::Owner).map(|owner| (Person::Owner, owner))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> EmailAddress {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_for_somebody_above_the_owner_is_the_owners_where_there_is_nobody() {
        let owner = address("o@example.com");
        let only_owner = |person| (person == Person::Owner).then_some(&owner);
        assert_eq!(next_person(Person::Manager, None, only_owner), Some((Person::Owner, &owner)));
        assert_eq!(next_person(Person::Manager, Some((Person::Owner, &owner)), only_owner), None);
        assert_eq!(next_person(Person::Manager, None, |_| None), None);
    }

    #[test]
    fn the_owner_is_asked_else_the_manager_else_the_fallback() {
        let (owner, manager, fallback) = (address("o@example.com"), address("m@example.com"), address("f@example.com"));
        let all = |person| {
            Some(match person {
                Person::Owner => &owner,
                Person::Manager => &manager,
                Person::Fallback => &fallback,
            })
        };
        assert_eq!(next_person(Person::Owner, None, all), Some((Person::Owner, &owner)));
        assert_eq!(next_person(Person::Owner, Some((Person::Owner, &owner)), all), Some((Person::Manager, &manager)));
        assert_eq!(next_person(Person::Owner, Some((Person::Manager, &manager)), all), Some((Person::Fallback, &fallback)));
        assert_eq!(next_person(Person::Owner, Some((Person::Fallback, &fallback)), all), None);
        assert_eq!(
            next_person(Person::Owner, None, |person| all(person).filter(|_| person == Person::Fallback)),
            Some((Person::Fallback, &fallback))
        );
        assert_eq!(next_person(Person::Owner, None, |_| None), None);
    }

    #[test]
    fn where_the_owner_did_nothing_the_manager_is_asked_else_the_fallback() {
        let (owner, manager, fallback) = (address("o@example.com"), address("m@example.com"), address("f@example.com"));
        for (manager, expected) in [(Some(&manager), (Person::Manager, &manager)), (None, (Person::Fallback, &fallback))] {
            let of = |person| match person {
                Person::Owner => Some(&owner),
                Person::Manager => manager,
                Person::Fallback => Some(&fallback),
            };
            assert_eq!(next_person(Person::Manager, None, of), Some(expected));
        }
    }

    #[test]
    fn whoever_cannot_be_reached_is_not_asked_again_in_another_role() {
        let (same, fallback) = (address("one@example.com"), address("f@example.com"));
        let all = |person| Some(if person == Person::Fallback { &fallback } else { &same });
        assert_eq!(next_person(Person::Owner, Some((Person::Owner, &same)), all), Some((Person::Fallback, &fallback)));
    }
}
