//! The program `exp`, with the plugins that come with it.

use std::process::ExitCode;

/// Training makes and drops tensors all the time; the system's allocator gives their memory back
/// to the kernel and fetches it again, step for step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    exp_cli::run(exp_plugins::registry())
}
