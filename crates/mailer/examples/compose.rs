//! How long it takes to compose a mail, and the mails themselves as files:
//! `cargo run --release -p hearback-mailer --example compose [-- <folder for .eml files>]`.
#![expect(clippy::print_stdout, reason = "a program that reports to a person")]

use std::{hint::black_box, path::PathBuf, time::Instant};

use hearback_domain::{locale::Locale, notification::Kind};
use hearback_mailer::{Composer, samples};

const MAILS: u32 = 20_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let composer = Composer::new()?;
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    for (kind, locale) in Kind::ALL.iter().flat_map(|kind| Locale::ALL.iter().map(move |locale| (*kind, *locale))) {
        let letter = samples::letter(kind, locale);
        let mail = composer.compose(&letter)?;
        if let Some(folder) = &folder {
            std::fs::write(folder.join(format!("{kind}.{locale}.eml")), &mail.raw)?;
        }
        let start = Instant::now();
        for _ in 0..MAILS {
            black_box(composer.compose(black_box(&letter)))?;
        }
        println!("{kind} {locale}: {} bytes, {:.1} µs", mail.raw.len(), start.elapsed().as_secs_f64() * 1e6 / f64::from(MAILS));
    }
    Ok(())
}
