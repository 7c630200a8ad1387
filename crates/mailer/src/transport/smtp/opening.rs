//! From a TCP connection to a session that may take mail: greeting, STARTTLS, EHLO, AUTH.
//!
//! STARTTLS is done before lettre sees the stream. lettre keeps what it has read before the upgrade and takes it for answers after it,
//! so whoever sits in between could put words into the relay's mouth (CVE-2011-0411).

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use lettre::transport::smtp::{
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, AsyncTokioStream},
    extension::{ClientId, Extension},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::{
    classify::{Ending, Stage},
    relay::{Login, Relay},
    reply::{Class, Reply},
    session::{answered, ended},
    stream::{self, Watch, Watched},
    tls::{Tls, Wire},
};

/// More than any relay says in one reply, and little enough to hold.
const LONGEST_REPLY: u64 = 64 * 1024;

/// Connects, is greeted, and logs in.
pub(super) async fn open(relay: &Relay, wire: &Wire, watch: &Watch) -> Result<AsyncSmtpConnection, (Stage, Ending)> {
    let at_connect = |ending| (Stage::Connect, ending);
    let timeouts = relay.timeouts;
    let connected = timeout(timeouts.connect, stream::connect(&relay.host, relay.port)).await;
    let tcp = connected.map_err(|_| at_connect(Ending::TimedOut))?.map_err(|error| at_connect(lost(&error)))?;
    let peer = tcp.peer_addr().map_err(|error| at_connect(lost(&error)))?;
    let (stream, encrypted) = secured(relay, wire, tcp, peer, watch).await.map_err(at_connect)?;
    let name = ClientId::Domain(relay.ehlo_name.clone());
    let greeted = timeout(timeouts.greeting, AsyncSmtpConnection::connect_with_transport(stream, &name)).await;
    let mut connection = greeted.map_err(|_| at_connect(Ending::TimedOut))?.map_err(|error| at_connect(ended(&error)))?;
    if let Some(login) = &relay.login {
        let may_send = may_send_password(!encrypted, peer.ip(), login.allow_plain_text);
        let logged_in = timeout(timeouts.auth, log_in(&mut connection, login, may_send)).await;
        let ending = logged_in.unwrap_or(Ending::TimedOut);
        if !ending.is(Class::Completion) {
            return Err((Stage::Auth, ending));
        }
    }
    Ok(connection)
}

/// The stream that lettre starts on, and whether it is encrypted.
async fn secured(
    relay: &Relay,
    wire: &Wire,
    mut tcp: TcpStream,
    peer: SocketAddr,
    watch: &Watch,
) -> Result<(Box<dyn AsyncTokioStream>, bool), Ending> {
    let watch = watch.clone();
    let (tls, required) = match wire {
        Wire::Plain => return Ok((Box::new(Watched::new(tcp, peer, watch)), false)),
        Wire::Implicit(tls) => {
            let stream = handshake(relay, tls, tcp).await?;
            return Ok((Box::new(Watched::new(stream, peer, watch)), true));
        }
        Wire::Opportunistic(tls) => (tls, false),
        Wire::StartTls(tls) => (tls, true),
    };
    match timeout(relay.timeouts.greeting, starttls(&mut tcp, &relay.ehlo_name)).await.map_err(|_| Ending::TimedOut)?? {
        Upgrade::Agreed => {
            let stream = handshake(relay, tls, tcp).await?;
            Ok((Box::new(Watched::greeted(stream, peer, watch)), true))
        }
        Upgrade::Refused(why) if required => Err(Ending::Unsupported(why)),
        // EHLO may be said again at any time (RFC 5321, section 4.1.4), so lettre can begin from the start.
        Upgrade::Refused(_) => Ok((Box::new(Watched::greeted(tcp, peer, watch)), false)),
    }
}

async fn handshake(relay: &Relay, tls: &Tls, tcp: TcpStream) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Ending> {
    let done = timeout(relay.timeouts.tls, tls.handshake(tcp)).await.map_err(|_| Ending::TimedOut)?;
    done.map_err(|error| Ending::Lost(format!("TLS: {error}")))
}

enum Upgrade {
    /// The next bytes are a TLS handshake.
    Agreed,
    /// In plain text, the session may go on.
    Refused(&'static str),
}

/// Greeting, EHLO and STARTTLS (RFC 3207), on a connection that is handed on with nothing read too much.
async fn starttls(tcp: &mut TcpStream, ehlo_name: &str) -> Result<Upgrade, Ending> {
    let mut conversation = Conversation(BufReader::new(tcp));
    let greeting = conversation.reply().await?;
    if greeting.reply.class() != Class::Completion {
        return Err(Ending::Reply(greeting.reply));
    }
    let offers = conversation.ask(&format!("EHLO {ehlo_name}\r\n")).await?;
    if offers.reply.class() != Class::Completion {
        return Err(Ending::Reply(offers.reply));
    }
    let offered =
        offers.lines.iter().skip(1).any(|line| line.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("STARTTLS")));
    if !offered {
        return conversation.over(Upgrade::Refused("it does not offer STARTTLS, which is required"));
    }
    let answer = conversation.ask("STARTTLS\r\n").await?;
    conversation.over(if answer.reply.code == 220 { Upgrade::Agreed } else { Upgrade::Refused("it refuses STARTTLS, which is required") })
}

/// Question and answer in turns, and not a byte between.
struct Conversation<'a>(BufReader<&'a mut TcpStream>);

struct Answer {
    reply: Reply,
    /// Without their codes.
    lines: Vec<String>,
}

impl Conversation<'_> {
    async fn ask(&mut self, command: &str) -> Result<Answer, Ending> {
        self.must_be_silent()?;
        self.0.get_mut().write_all(command.as_bytes()).await.map_err(|error| lost(&error))?;
        self.reply().await
    }

    /// The connection is handed on: whatever was read and not asked for would be lost, or believed.
    fn over(self, upgrade: Upgrade) -> Result<Upgrade, Ending> {
        self.must_be_silent()?;
        Ok(upgrade)
    }

    fn must_be_silent(&self) -> Result<(), Ending> {
        if self.0.buffer().is_empty() {
            return Ok(());
        }
        Err(Ending::Lost("the relay, or somebody in between, said more than it was asked before TLS".to_owned()))
    }

    /// RFC 5321, section 4.2.1: lines that begin with the same code, with a hyphen after it in all but the last.
    async fn reply(&mut self) -> Result<Answer, Ending> {
        let (mut lines, mut left) = (Vec::new(), LONGEST_REPLY);
        loop {
            let mut line = String::new();
            let read = (&mut self.0).take(left).read_line(&mut line).await.map_err(|error| lost(&error))?;
            left -= read as u64;
            let Some(line) = line.strip_suffix('\n') else {
                return Err(Ending::Lost("the connection ended inside a reply, or the reply did not end".to_owned()));
            };
            let line = line.trim_end_matches('\r');
            let code = line.get(..3).and_then(|code| code.parse::<u16>().ok());
            let (Some(code), separator) = (code, line.as_bytes().get(3)) else {
                return Err(Ending::Lost("what came back is not SMTP".to_owned()));
            };
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            if separator != Some(&b'-') {
                return Ok(Answer { reply: Reply { code, text: lines.join(" ") }, lines });
            }
        }
    }
}

/// Never where anybody on the way could read it, unless the operator says so.
pub(super) fn may_send_password(plain_text: bool, relay: IpAddr, allowed: bool) -> bool {
    !plain_text || relay.is_loopback() || allowed
}

/// RFC 4954.
async fn log_in(connection: &mut AsyncSmtpConnection, login: &Login, may_send_password: bool) -> Ending {
    if !may_send_password {
        return Ending::Unsupported("the session is not encrypted, so our password is not sent: require TLS, or allow plain text");
    }
    let mechanisms = [Mechanism::Plain, Mechanism::Login];
    if !mechanisms.iter().any(|&mechanism| connection.server_info().supports_feature(Extension::Authentication(mechanism))) {
        return Ending::Unsupported("it offers neither AUTH PLAIN nor AUTH LOGIN on this session, and we have a password to give");
    }
    let credentials = Credentials::new(login.user.clone(), login.password.reveal().to_owned());
    answered(connection.auth(&mechanisms, &credentials).await)
}

fn lost(error: &io::Error) -> Ending {
    Ending::Lost(error.to_string())
}
