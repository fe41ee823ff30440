//! mimalloc, asked for memory in the way that suits it.
#![expect(unsafe_code, reason = "an allocator is unsafe to implement")]

use std::alloc::{GlobalAlloc, Layout};

use libmimalloc_sys as mimalloc;

/// mimalloc as the global allocator.
///
/// The crate `mimalloc` asks for an alignment with every allocation. What is larger than a kilobyte then takes mimalloc's slow path,
/// which asks for more than is needed and notes that it did: eight times in a call, a twentieth of its instructions. But
/// whatever mimalloc returns is aligned to [`ALIGNED`] anyway.
pub(crate) struct MiMalloc;

/// The alignment of everything that mimalloc returns, in bytes: that of a word.
const ALIGNED: usize = size_of::<usize>();

// SAFETY: mimalloc keeps the contract of GlobalAlloc: blocks are as large as asked for, don't overlap, and keep what is in them
// when they grow; null says that there is no memory; it doesn't unwind. The alignment is right, because either it is asked
// for, or it is one that all blocks have.
unsafe impl GlobalAlloc for MiMalloc {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: any size and any power of two will do.
        let block = unsafe {
            match layout.align() <= ALIGNED {
                true => mimalloc::mi_malloc(layout.size()),
                false => mimalloc::mi_malloc_aligned(layout.size(), layout.align()),
            }
        };
        block.cast()
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let block = unsafe {
            match layout.align() <= ALIGNED {
                true => mimalloc::mi_zalloc(layout.size()),
                false => mimalloc::mi_zalloc_aligned(layout.size(), layout.align()),
            }
        };
        block.cast()
    }

    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: the caller says that the block is one of ours, and that this is its end.
        unsafe { mimalloc::mi_free(block.cast()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller says that the block is one of ours. Its layout tells by which way it came, and it goes on by the same.
        let block = unsafe {
            match layout.align() <= ALIGNED {
                true => mimalloc::mi_realloc(block.cast(), size),
                false => mimalloc::mi_realloc_aligned(block.cast(), size, layout.align()),
            }
        };
        block.cast()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks of all sizes and alignments, all at the same time.
    #[test]
    fn blocks_are_aligned_apart_zeroed_and_keep_what_is_in_them() {
        let sizes = (1..300).chain([1000, 1024, 1025, 4097, 70_000, 1 << 20, (5 << 20) + 1]);
        let layouts = sizes.flat_map(|size| {
            (0..=12).map(move |power| Layout::from_size_align(size, 1 << power).unwrap())
        });
        let mut blocks = Vec::new();
        for (number, layout) in layouts.enumerate() {
            let mark = number as u8;
            // SAFETY: no layout is of size 0; no more than its size is written and read; each block is freed once, by its last layout.
            unsafe {
                let block = MiMalloc.alloc_zeroed(layout);
                assert!(!block.is_null() && (block as usize).is_multiple_of(layout.align()));
                assert!(is_all(block, layout.size(), 0));
                block.write_bytes(mark, layout.size());
                let size = 2 * layout.size() + 1;
                let block = MiMalloc.realloc(block, layout, size);
                assert!(!block.is_null() && (block as usize).is_multiple_of(layout.align()));
                assert!(is_all(block, layout.size(), mark));
                block.write_bytes(mark, size);
                let layout = Layout::from_size_align(size, layout.align()).unwrap();
                blocks.push((block, layout, mark));
            }
            // SAFETY: as above.
            let block = unsafe { MiMalloc.alloc(layout) };
            assert!(!block.is_null() && (block as usize).is_multiple_of(layout.align()));
            blocks.push((block, layout, !mark));
            // SAFETY: as above.
            unsafe { block.write_bytes(!mark, layout.size()) };
        }
        for (block, layout, mark) in blocks {
            // SAFETY: as above.
            unsafe {
                assert!(is_all(block, layout.size(), mark));
                MiMalloc.dealloc(block, layout);
            }
        }
    }

    /// # Safety
    ///
    /// So many bytes can be read there.
    unsafe fn is_all(block: *const u8, size: usize, byte: u8) -> bool {
        // SAFETY: as the caller says.
        let bytes = unsafe { std::slice::from_raw_parts(block, size) };
        bytes.iter().all(|it| *it == byte)
    }
}
