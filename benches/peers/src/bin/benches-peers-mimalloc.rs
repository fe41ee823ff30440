//! The peers with the allocator of ours.

#[path = "../../../../crates/cli/src/allocator.rs"]
mod allocator;

#[global_allocator]
static ALLOCATOR: allocator::MiMalloc = allocator::MiMalloc;

fn main() -> Result<(), benches_common::Failure> {
    benches_peers::main()
}
