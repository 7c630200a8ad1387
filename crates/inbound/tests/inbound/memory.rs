//! How much memory something takes at most, beyond what was there before: counted, not guessed.
#![expect(unsafe_code, reason = "an allocator is an unsafe trait; this one asks the system's for everything, and counts")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// A thread's own, so that tests beside each other do not count together. Nothing in them allocates or is dropped.
thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // While a thread ends, nobody measures.
    let _counted = NOW.try_with(|now| {
        now.set(now.get() + bytes);
        PEAK.with(|peak| peak.set(peak.get().max(now.get())));
    });
}

fn size(bytes: usize) -> isize {
    isize::try_from(bytes).expect("a layout is no larger")
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(size(layout.size()));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-size(layout.size()));
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // Where it moves, both are there for a moment.
        count(size(new_size));
        count(-size(layout.size()));
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

/// What it came to, and the most bytes that it had at once. For what runs on this thread alone.
pub(crate) fn peak<T>(run: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.get();
    PEAK.set(before);
    let ended = run();
    (ended, usize::try_from(PEAK.get() - before).unwrap_or(0))
}

#[test]
fn what_is_there_at_once_is_counted_and_what_is_gone_is_not() {
    let (length, most) = peak(|| (0..10).map(|_| vec![1_u8; 1 << 20].len()).sum::<usize>());
    assert_eq!(length, 10 << 20);
    assert!((1 << 20..2 << 20).contains(&most), "{most}");
    let (_both, most) = peak(|| [vec![1_u8; 1 << 20], vec![2_u8; 1 << 20]]);
    assert!((2 << 20..3 << 20).contains(&most), "{most}");
}
