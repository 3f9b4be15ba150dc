//! `exp serve`: the reports as local pages that follow running experiments.

mod http;
mod pages;

use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Context;
use clap::Args;
use exp_train::Registry;

use super::store::StoreArgument;
use crate::Outcome;
use crate::opened::open;
use crate::project::Project;
use http::Connection;
use pages::Pages;

/// Connections that are served at once; a browser opens a few for each page.
const CONNECTIONS: usize = 64;

/// Serve the reports as local pages that follow running experiments. Ctrl-C ends it.
#[derive(Args)]
pub struct Arguments {
    /// The port to listen on; 0 takes any that is free.
    #[arg(long, default_value_t = 7300)]
    port: u16,
    /// The address to listen on. Other than loopback addresses, it shows the reports to everyone
    /// who reaches this machine.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    host: IpAddr,
    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    let project = Project::find(&std::env::current_dir()?)?;
    let store = open(&arguments.store)?;
    let address = (arguments.host, arguments.port);
    let listener = TcpListener::bind(address).with_context(|| {
        format!(
            "cannot listen on {} port {}: name another port with `--port`, or 0 for any",
            arguments.host, arguments.port
        )
    })?;
    let address = listener.local_addr()?;
    println!("Serving http://{address}/ (Ctrl-C ends it)");
    if !arguments.host.is_loopback() {
        eprintln!("note: everyone who reaches this machine can read the reports");
    }
    let pages = Pages::new(store, &project, registry);
    let open = Arc::new(AtomicUsize::new(0));
    thread::scope(|scope| {
        for stream in listener.incoming() {
            // A connection that broke before it was taken concerns nobody else.
            let Ok(stream) = stream else { continue };
            let mut connection = Connection::new(stream, address.port());
            if open.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS {
                open.fetch_sub(1, Ordering::Relaxed);
                connection.refuse_busy();
                continue;
            }
            let (pages, open) = (&pages, Arc::clone(&open));
            scope.spawn(move || {
                // An error is the reader's connection that ended.
                let _ = connection.serve(pages);
                open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    Ok(Outcome::Done)
}
