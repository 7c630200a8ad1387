//! Whether there is room for what comes in. A PostgreSQL server's disk cannot be seen from here.

use std::path::{Path, PathBuf};

use super::finding::{Area, Finding, Level};
use crate::config::Config;

const MIB: u64 = 1024 * 1024;

/// SQLite refuses writes when nothing is left, and its log needs room to grow.
const TOO_LITTLE: u64 = 100 * MIB;

/// Some hundred thousand applications with their mails.
const LITTLE: u64 = 1024 * MIB;

/// Where locks and shared memory do not do what SQLite's log needs (sqlite.org/wal.html): NFS, SMB, CIFS, SMB2 (statfs(2)).
const NETWORK: [u64; 4] = [0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42];

pub(super) fn look(config: &Config) -> Vec<Finding> {
    let Some(file) = config.database.url.sqlite_file() else { return Vec::new() };
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut found = vec![match rustix::fs::statvfs(&folder) {
        Ok(space) => room(&folder, space.f_bavail.saturating_mul(space.f_frsize)),
        Err(error) => {
            let what = format!("{} cannot be looked at: {error}", folder.display());
            Finding::new(Area::Disk, Level::Error, what, "make the folder of database.url, and let this user write to it")
        }
    }];
    if rustix::fs::access(&folder, rustix::fs::Access::WRITE_OK).is_err() {
        let what = format!("this user cannot write to {}, where SQLite keeps its log beside the file", folder.display());
        found.push(Finding::new(Area::Disk, Level::Error, what, "give the folder to the user that runs hearback"));
    }
    if rustix::fs::statfs(&folder).is_ok_and(|system| NETWORK.contains(&(system.f_type as u64 & 0xffff_ffff))) {
        let what = format!("{} is on a network file system, on which SQLite can lose what it wrote", folder.display());
        found.push(Finding::new(Area::Disk, Level::Error, what, "move it to a disk of this machine, or use PostgreSQL"));
    }
    found
}

fn room(folder: &Path, free: u64) -> Finding {
    let shown = if free >= 10 * LITTLE { format!("{} GiB", free / LITTLE) } else { format!("{} MiB", free / MIB) };
    let what = format!("{shown} are free in {}", folder.display());
    let advice = "make room: when the disk is full, applications are refused";
    match free {
        free if free < TOO_LITTLE => Finding::new(Area::Disk, Level::Error, what, advice),
        free if free < LITTLE => Finding::new(Area::Disk, Level::Warning, what, advice),
        _ => Finding::ok(Area::Disk, what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_fills_up_is_said_in_time() {
        let level = |mib: u64| room(Path::new("/var/lib/hearback"), mib * MIB).level;
        assert_eq!((level(99), level(100), level(1_023), level(1_024)), (Level::Error, Level::Warning, Level::Warning, Level::Ok));
        assert_eq!(room(Path::new("."), 20 * LITTLE).what, "20 GiB are free in .");
    }
}
