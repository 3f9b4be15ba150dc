//! `exp weights fetch`: downloads published weights to the cache.

use clap::Args;
use clap::builder::PossibleValuesParser;
use exp_weights::fetch::{FetchError, Fetcher, PUBLISHED, Progress, published};

use crate::Outcome;
use crate::progress::BytesBar;

/// Download OpenAI's CLIP weights to the cache, check their SHA-256 and print their path.
///
/// The cache is `weights` in $EXP_CACHE, else in $XDG_CACHE_HOME/exp, else in ~/.cache/exp.
/// EXP_WEIGHTS_URL names a mirror, which has the files as <mirror>/<sha256>/<file>.
#[derive(Args)]
pub struct Arguments {
    /// Which weights; `backbone: NAME` in an experiment uses them.
    #[arg(value_parser = PossibleValuesParser::new(PUBLISHED.map(|published| published.name)))]
    name: String,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let Some(published) = published(&arguments.name) else {
        anyhow::bail!("there are no published weights `{}`", arguments.name);
    };
    let fetcher = Fetcher::from_environment()?;
    let mut bar = BytesBar::new(published.file);
    let fetched = fetcher.fetch(published, &mut |progress| match progress {
        Progress::Waiting => bar.say("is being fetched by another program; waiting for it"),
        Progress::Bytes { done, total } => bar.reach(done, total),
        Progress::Retry { reason, wait } => bar.say(&format!(
            "{reason}; trying again in {} s",
            wait.as_secs_f64()
        )),
        Progress::Checking => bar.say("checking its SHA-256"),
    });
    bar.finish();
    let fetched = match fetched {
        Ok(fetched) => fetched,
        Err(error @ (FetchError::Address { .. } | FetchError::Client { .. })) => {
            return Err(error.into());
        }
        Err(error) => return Ok(Outcome::BrokenOff(error.into())),
    };
    if fetched.already {
        eprintln!(
            "{} is there already, and its SHA-256 is right",
            published.file
        );
    }
    println!("{}", fetched.path.display());
    Ok(Outcome::Done)
}
