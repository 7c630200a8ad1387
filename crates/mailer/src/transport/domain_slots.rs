//! How many mails go to one recipient domain at once: a slow one must not hold all the slots of a process (P5).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Clones share the slots. Holds an entry only for domains that somebody has a slot of.
#[derive(Clone, Debug)]
pub struct DomainSlots {
    most: usize,
    taken: Arc<Mutex<HashMap<String, usize>>>,
}

impl DomainSlots {
    /// `most` at once for each domain.
    pub fn new(most: usize) -> Self {
        Self { most, taken: Arc::default() }
    }

    /// A slot of the domain, if one is free. `domain` as `EmailAddress::domain` gives it.
    pub fn try_acquire(&self, domain: &str) -> Option<Permit> {
        let mut taken = self.taken();
        let count = taken.get(domain).copied().unwrap_or(0);
        if count >= self.most {
            return None;
        }
        taken.insert(domain.to_owned(), count + 1);
        Some(Permit { slots: self.clone(), domain: domain.to_owned() })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Five at once.
impl Default for DomainSlots {
    fn default() -> Self {
        Self::new(5)
    }
}

/// A slot, until it is dropped.
#[derive(Debug)]
pub struct Permit {
    slots: DomainSlots,
    domain: String,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut taken = self.slots.taken();
        match taken.get_mut(&self.domain) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                taken.remove(&self.domain);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_domain_has_its_slots_and_no_more() {
        let slots = DomainSlots::default();
        let mut held: Vec<Permit> = (0..5).map(|_| slots.try_acquire("slow.example").unwrap()).collect();
        assert!(slots.clone().try_acquire("slow.example").is_none());
        assert!(slots.try_acquire("other.example").is_some());
        held.pop();
        assert!(slots.try_acquire("slow.example").is_some());
    }

    #[test]
    fn a_domain_that_nobody_sends_to_leaves_nothing_behind() {
        let slots = DomainSlots::new(2);
        for number in 0..1_000 {
            let domain = format!("domain{number}.example");
            let both = (slots.try_acquire(&domain).unwrap(), slots.try_acquire(&domain).unwrap());
            drop(both);
        }
        assert!(slots.taken().is_empty());
    }
}
