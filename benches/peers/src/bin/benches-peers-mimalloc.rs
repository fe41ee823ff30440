//! The peers with the allocator of ours.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), benches_common::Failure> {
    benches_peers::main()
}
