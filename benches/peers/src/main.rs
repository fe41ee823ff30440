//! The peers as they are published.

fn main() -> Result<(), benches_common::Failure> {
    benches_peers::main()
}
