//! What nobody can be faster than: each mail read once, and its row written and changed once.

use std::{fmt::Write, time::Instant};

use anyhow::ensure;
use futures::future::try_join_all;
use hearback_inbound::{Envelope, explain_received};
use hearback_testkit::database::DatabaseKind;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::mails::Mail;
use crate::database::{Server, Session};

const TOGETHER: usize = 64;

/// Mails a second, on both cores.
pub(super) async fn read(mails: &[Mail]) -> anyhow::Result<f64> {
    let began = Instant::now();
    let halves = mails.chunks(mails.len().div_ceil(2)).map(<[Mail]>::to_vec);
    let readers = halves.map(|half| {
        spawn_blocking(move || {
            let is_so = |mail: &&Mail| {
                let envelope = Envelope { from: Some(&mail.from), to: &[&mail.to] };
                explain_received(&mail.raw, envelope).kind.as_str() == mail.sort.kind()
            };
            half.iter().filter(is_so).count()
        })
    });
    let read: usize = try_join_all(readers).await?.into_iter().sum();
    ensure!(read == mails.len(), "{read} of {} were read", mails.len());
    Ok(mails.len() as f64 / began.elapsed().as_secs_f64())
}

/// Mails a second, on one connection that waits for the disk.
pub(super) async fn written(server: &Server, mails: &[Mail]) -> anyhow::Result<f64> {
    let database = server.create("plain")?;
    drop(database.open().await?);
    let mut session = database.connect().await?;
    if session.kind() == DatabaseKind::Sqlite {
        session.execute("PRAGMA synchronous = FULL").await?;
    }
    // Made before the clock starts: what is measured is the database's part.
    let batches: Vec<[String; 2]> = mails.chunks(TOGETHER).enumerate().map(|(number, batch)| statements(&session, number, batch)).collect();
    let began = Instant::now();
    for [insert, update] in &batches {
        session.execute(insert).await?;
        session.execute(update).await?;
    }
    let took = began.elapsed();
    let done = session.number("SELECT count(*) FROM inbound_mail WHERE state = 'done'").await?;
    ensure!(done == mails.len() as i64, "{done} rows were written for {} mails", mails.len());
    Ok(mails.len() as f64 / took.as_secs_f64())
}

fn statements(session: &Session, batch: usize, mails: &[Mail]) -> [String; 2] {
    let (open, close) = match session.kind() {
        DatabaseKind::Sqlite => ("X'", "'"),
        DatabaseKind::Postgres => ("'\\x", "'"),
    };
    let id = |number: usize| {
        let id = Uuid::from_u128(((batch as u128) << 64) + number as u128).simple();
        match session.kind() {
            DatabaseKind::Sqlite => format!("X'{id}'"),
            DatabaseKind::Postgres => format!("'{id}'"),
        }
    };
    let hex = |bytes: &[u8]| {
        bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a string takes all that is written to it");
            hex
        })
    };
    let row = |(number, mail): (usize, &Mail)| {
        let Mail { sort: _, from, to, raw } = mail;
        let digest = format!("{:032x}{:032x}", batch, number);
        let at = "2026-11-24T10:00:00+00:00";
        format!("({}, {open}{digest}{close}, '{from}', '{to}', '{at}', 'scheduled', 0, '{at}', 0, {open}{}{close})", id(number), hex(raw))
    };
    let rows: Vec<String> = mails.iter().enumerate().map(row).collect();
    let ids: Vec<String> = (0..mails.len()).map(id).collect();
    [
        format!(
            "INSERT INTO inbound_mail (id, digest, envelope_from, recipient, received_at, state, lane, wake_at, tries, raw) VALUES {}",
            rows.join(", ")
        ),
        format!(
            "UPDATE inbound_mail SET state = 'done', kind = 'reply', result = 'noted', settled_at = wake_at WHERE id IN ({})",
            ids.join(", ")
        ),
    ]
}
