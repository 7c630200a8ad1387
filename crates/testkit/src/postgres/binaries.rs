//! Where this machine keeps PostgreSQL's server programs.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Debian keeps every installed version apart and puts none of them on PATH.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder of the newest installed version, else the first one on PATH that can make a cluster.
pub(super) fn find() -> Option<PathBuf> {
    newest_in(Path::new(DEBIAN)).or_else(|| env::split_paths(&env::var_os("PATH")?).find(|folder| is_complete(folder)))
}

fn newest_in(versions: &Path) -> Option<PathBuf> {
    let found = fs::read_dir(versions).ok()?.filter_map(|entry| {
        let folder = entry.ok()?;
        let version: f32 = folder.file_name().to_str()?.parse().ok()?;
        let programs = folder.path().join("bin");
        is_complete(&programs).then_some((version, programs))
    });
    found.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, programs)| programs)
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_that_has_a_server_is_taken() {
        let versions = tempfile::tempdir().unwrap();
        for (version, programs) in
            [("9.6", ["initdb", "pg_ctl", "postgres"]), ("15", ["initdb", "pg_ctl", "postgres"]), ("17", ["psql", "createdb", "pg_dump"])]
        {
            let folder = versions.path().join(version).join("bin");
            fs::create_dir_all(&folder).unwrap();
            programs.iter().for_each(|program| fs::write(folder.join(program), "").unwrap());
        }
        assert_eq!(newest_in(versions.path()), Some(versions.path().join("15/bin")));
    }
}
