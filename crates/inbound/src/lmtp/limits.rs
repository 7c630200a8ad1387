//! What the other side may cost us.

use std::time::Duration;

use crate::limits as of_a_mail;

/// Whoever reaches the socket can do no more than this.
///
/// Memory is bounded by [`in_flight`](Self::in_flight) for mails. Everything else is some 30 KiB a connection, and 300 bytes for each of
/// its [`recipients`](Self::recipients).
///
/// With the allocator of glibc, the process may hold more than that: it keeps what was given back. Sixty connections with mails of 32 MB
/// came to 190 to 230 MB, and to 133 MB with `MALLOC_MMAP_THRESHOLD_=131072` in the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one mail, as SIZE says them; larger ones are refused for good (552). 32 MiB, and not more: so much of a mail is
    /// understood.
    pub mail: usize,
    /// Recipients of one mail; the others are put off (452), and the mail server sends them a mail of their own. 100, and not less
    /// (RFC 5321, section 4.5.3.1.8).
    pub recipients: usize,
    /// Bytes of all mails that are being received or stored. A mail that does not fit is put off (452). 128 MiB, and not less than two of
    /// the largest: one that did not say its size is moved while it grows.
    pub in_flight: usize,
    /// Connections at once; the others are told to come again (421). 64: Postfix opens 20 for one destination.
    pub connections: usize,
    /// Silence that is waited for: between commands, or within a mail. 5 minutes (RFC 5321, section 4.5.3.2.7).
    pub idle: Duration,
    /// From a command's first byte to its last; also how long the other side may take to read our replies, and how long a mail waits
    /// for room in `in_flight`. 30 seconds.
    pub command: Duration,
    /// From DATA to the dot. 10 minutes.
    pub data: Duration,
    /// How long the intake may take to answer for a recipient, or to store a mail; then it is dropped, and the mail put off (451).
    /// 2 minutes; Postfix waits for 10.
    pub store: Duration,
    /// Commands of one connection since its last mail. 2,000: a mail server may try so many recipients that are put off.
    pub commands_without_mail: u32,
    /// Commands of one connection that were wrong. 20.
    pub bad_commands: u32,
    /// Bytes of a command, its line end included. 2,048; between 1,000 and 8,192. Lines of a mail may have any length.
    pub line: usize,
    /// Mails that one address may begin in a minute; the others are put off (450). All Unix sockets are one address. 120,000, which is
    /// more than a mail server delivers here, and the end of one that runs in a circle.
    pub mails_a_minute: u32,
    /// How long mails in flight may take when the listener stops. 25 seconds, since service managers kill after 30.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            mail: of_a_mail::MAIL,
            recipients: 100,
            in_flight: 128 << 20,
            connections: 64,
            idle: Duration::from_secs(5 * 60),
            command: Duration::from_secs(30),
            data: Duration::from_secs(10 * 60),
            store: Duration::from_secs(2 * 60),
            commands_without_mail: 2_000,
            bad_commands: 20,
            line: 2_048,
            mails_a_minute: 120_000,
            shutdown: Duration::from_secs(25),
        }
    }
}

/// Says which setting, and what it has to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{setting}` must be {must_be}")]
pub struct InvalidLimits {
    pub setting: &'static str,
    pub must_be: &'static str,
}

impl Limits {
    /// # Errors
    /// A value that could not be kept, or that would stop all mail.
    pub fn check(&self) -> Result<(), InvalidLimits> {
        let times = [self.idle, self.command, self.data, self.store];
        for (is_well, setting, must_be) in [
            ((1_000..=of_a_mail::MAIL).contains(&self.mail), "mail", "between 1000 bytes and 32 MiB, which is what is understood of one"),
            ((100..=10_000).contains(&self.recipients), "recipients", "between 100 (RFC 5321, section 4.5.3.1.8) and 10000"),
            (self.in_flight / 2 >= self.mail, "in_flight", "at least twice `mail`, or a large mail would never fit while it grows"),
            (self.in_flight <= 1 << 40, "in_flight", "at most a TiB"),
            ((1..=10_000).contains(&self.connections), "connections", "between 1 and 10000"),
            (times.iter().all(|time| !time.is_zero()), "idle, command, data, store", "longer than nothing"),
            (self.commands_without_mail as usize > self.recipients, "commands_without_mail", "more than `recipients`"),
            (self.bad_commands > 0, "bad_commands", "at least 1"),
            ((1_000..=8_192).contains(&self.line), "line", "between 1000 and 8192 bytes"),
            (self.mails_a_minute > 0, "mails_a_minute", "at least 1"),
        ] {
            if !is_well {
                return Err(InvalidLimits { setting, must_be });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_could_not_be_kept_are_refused_by_name() {
        let with = |change: fn(&mut Limits)| {
            let mut limits = Limits::default();
            change(&mut limits);
            limits.check().map_err(|error| error.setting)
        };
        assert_eq!(with(|_| ()), Ok(()));
        assert_eq!(with(|limits| limits.mail += 1), Err("mail"));
        assert_eq!(with(|limits| limits.recipients = 99), Err("recipients"));
        assert_eq!(with(|limits| limits.in_flight = 2 * limits.mail - 1), Err("in_flight"));
        assert_eq!(with(|limits| limits.connections = 0), Err("connections"));
        assert_eq!(with(|limits| limits.data = Duration::ZERO), Err("idle, command, data, store"));
        assert_eq!(with(|limits| limits.commands_without_mail = 100), Err("commands_without_mail"));
        assert_eq!(with(|limits| limits.bad_commands = 0), Err("bad_commands"));
        assert_eq!(with(|limits| limits.line = 10_000), Err("line"));
        assert_eq!(with(|limits| limits.mails_a_minute = 0), Err("mails_a_minute"));
    }
}
