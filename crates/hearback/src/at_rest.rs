//! Gives back the memory that work took, once there is none: to start, to send ten thousand mails, and to answer a thousand requests a second
//! each takes more than waiting for the next application does.

use std::{convert::Infallible, mem, ops::Range, time::Duration};

use rustix::time::{ClockId, clock_gettime};
use tokio::time::sleep;

/// How often somebody looks whether there is rest.
const LOOK: Duration = Duration::from_secs(1);

/// Whoever has the processor for less than this between two looks is at rest. A quiet program has it for some 17 ms, for it looks for work.
const RESTING: Duration = Duration::from_millis(100);

/// For as long as it is polled.
pub(crate) async fn give_back() -> Infallible {
    let mut rest = Rest::default();
    loop {
        sleep(LOOK).await;
        if rest.begins(worked()) {
            give_back_heap();
            give_back_code();
        }
    }
}

/// What the processor did for this process since it began.
fn worked() -> Duration {
    // Neither is ever negative.
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

#[derive(Debug)]
struct Rest {
    at_last_look: Duration,
    has_worked: bool,
}

impl Default for Rest {
    /// It has been started, and that was work.
    fn default() -> Self {
        Self { at_last_look: Duration::ZERO, has_worked: true }
    }
}

impl Rest {
    /// Whether there is rest now, for the first time after work.
    fn begins(&mut self, worked: Duration) -> bool {
        let rests = worked.saturating_sub(self.at_last_look) < RESTING;
        self.at_last_look = worked;
        if rests {
            return mem::take(&mut self.has_worked);
        }
        self.has_worked = true;
        false
    }
}

#[expect(unsafe_code, reason = "the allocator is C")]
fn give_back_heap() {
    // SAFETY: it may be called at any time, from any thread.
    unsafe { libmimalloc_sys::mi_collect(true) }
}

/// What only started the program, or only a burst of work needs, of its code and constants: it is in the file, and is read from there again
/// when it is needed. The kernel would do so too, but only when memory is short.
#[expect(unsafe_code, reason = "there is no safe call for it")]
fn give_back_code() {
    use rustix::mm::{Advice, madvise};

    let Ok(maps) = std::fs::read_to_string("/proc/self/maps") else { return };
    let Ok(program) = std::fs::read_link("/proc/self/exe") else { return };
    for Range { start, end } in never_written(&maps, &program.to_string_lossy()) {
        // SAFETY: a private mapping of a file that nobody may write to, or ever could: what is dropped is read again, as it was.
        if let Err(error) = unsafe { madvise(std::ptr::with_exposed_provenance_mut(start), end - start, Advice::LinuxDontNeed) } {
            tracing::debug!(%error, "the memory of the program's code is not given back");
        }
    }
}

/// Where the code of `program` is, and what stands before it in its file, by proc(5) about /proc/pid/maps. What stands behind, the loader
/// wrote to before it was made read-only.
fn never_written(maps: &str, program: &str) -> Vec<Range<usize>> {
    let range = |line: &str| {
        let (place, rest) = line.split_once(' ')?;
        let (start, end) = place.split_once('-')?;
        let is_never_written = rest.starts_with("r-xp ") || rest.starts_with("r--p 00000000 ");
        let is_of_program = rest.ends_with(&format!(" {program}"));
        (is_never_written && is_of_program).then_some(usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?)
    };
    maps.lines().filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rest_begins_once_after_work() {
        let begins = |worked: &[u64]| {
            let mut rest = Rest::default();
            worked.iter().map(|worked| rest.begins(Duration::from_millis(*worked))).collect::<Vec<_>>()
        };
        assert_eq!(begins(&[150, 167, 184, 201, 700, 1_400, 1_417, 1_434]), [false, true, false, false, false, false, true, false]);
        assert_eq!(begins(&[60, 77]), [true, false], "a start that was quick was one all the same");
    }

    #[test]
    fn only_what_the_program_never_wrote_to_is_dropped() {
        const MAPS: &str = "\
55993039b000-55993132f000 r--p 00000000 fe:00 10019818                   /usr/bin/hearback
55993132f000-559933223000 r-xp 00f93000 fe:00 10019818                   /usr/bin/hearback
559933223000-55993347d000 r--p 02e86000 fe:00 10019818                   /usr/bin/hearback
7f796fd33000-7f796fe89000 r-xp 00026000 fe:00 326279                     /usr/lib/x86_64-linux-gnu/libc.so.6
7f7948000000-7f7949092000 rw-p 00000000 00:00 0
7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]
";
        assert_eq!(never_written(MAPS, "/usr/bin/hearback"), [0x5599_3039_b000..0x5599_3132_f000, 0x5599_3132_f000..0x5599_3322_3000]);
        assert!(never_written("nonsense", "/usr/bin/hearback").is_empty());
    }

    #[test]
    fn the_program_goes_on_without_what_it_gave_back() {
        let kept: Vec<String> = (0..1000).map(|number| format!("{number}")).collect();
        drop(vec![1_u8; 64 << 20]);
        give_back_heap();
        give_back_code();
        assert_eq!(kept.last().map(String::as_str), Some("999"));
    }
}
