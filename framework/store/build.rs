//! Compiles the crate again when a migration was added: `sqlx::migrate!` reads the folder while it
//! is compiled, and cargo would notice changed files only.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
