//! The program `exp`, with the plugins that come with it.

use std::process::ExitCode;

/// Training makes and drops tensors all the time; the system's allocator gives their memory back
/// to the kernel and fetches it again, step for step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    keep_freed_memory();
    exp_cli::run(exp_plugins::registry())
}

/// Has the allocator keep what a training step frees for the next step: the kernel clears a page
/// each time it gives it out, which took a sixth of a step. The allocator reads that from the
/// environment before `main` begins, so the program begins again with it; the process stays.
#[cfg(unix)]
fn keep_freed_memory() {
    use std::os::unix::process::CommandExt;
    const DELAY: &str = "MIMALLOC_PURGE_DELAY";
    if std::env::var_os(DELAY).is_some() {
        return;
    }
    let mut arguments = std::env::args_os();
    let (Ok(program), Some(name)) = (std::env::current_exe(), arguments.next()) else {
        return;
    };
    // This only returns where it failed; then training is a little slower.
    let _error = std::process::Command::new(program)
        .arg0(name)
        .args(arguments)
        .env(DELAY, "-1")
        .exec();
}

#[cfg(not(unix))]
fn keep_freed_memory() {}
