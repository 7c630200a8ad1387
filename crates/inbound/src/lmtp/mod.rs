//! Receives mail from the mail server in front of us, over LMTP (RFC 2033).
//!
//! [`Listener`] speaks the protocol; what to accept and where to keep it is up to an [`Intake`]. A 250 after the dot means that the
//! intake called the mail durable; whatever else happens, one recipient's reply is a 4yz and the mail server keeps the mail.
//!
//! LMTP has neither passwords nor TLS here: listen on the loopback interface or on a Unix socket.
//!
//! The protocol is ours, not smtp-proto's (0.2.5): it takes `CRLF . CR CR LF` for the end of a mail, which no mail server in front
//! of us does, so that a sender could smuggle a second mail in; it does not see the end of an empty mail, and keeps the stuffed dot
//! of a first line. Its command parser refuses senders that people have (`a..b@docomo.example`, `MAILER-DAEMON`), and reads
//! `<postmaster>` as `<>`.

mod address;
mod command;
mod connection;
mod dots;
mod intake;
mod limits;
mod listener;
mod mail;
mod rate;
mod reply;
mod server;
mod session;

pub use address::{Address, InvalidAddress};
pub use intake::{Intake, Received, StoreError, Stored, Verdict};
pub use limits::{InvalidLimits, Limits};
pub use listener::{Listener, ListenerError};
pub use server::{InvalidServer, Peer, Server};
