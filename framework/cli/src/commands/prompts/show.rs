//! `exp prompts show`: a set with its provenance.

use std::fmt::Write;

use clap::Args;
use exp_prompts::DescriptionSet;
use exp_prompts::check::token_count;
use exp_prompts::provenance::{Generated, Provenance};
use exp_report::text::{count, visible};

use crate::Outcome;
use crate::project::Project;

/// Show a description set and where its texts come from.
#[derive(Args)]
pub struct Arguments {
    /// The set's name.
    set: String,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let folder = Project::find(&std::env::current_dir()?)?.prompts();
    let set = DescriptionSet::load(&folder, &arguments.set)?;
    let mut shown = String::new();
    show(&mut shown, &set)?;
    print!("{}", visible(&shown));
    Ok(Outcome::Done)
}

fn show(shown: &mut String, set: &DescriptionSet) -> std::fmt::Result {
    writeln!(shown, "{}: {}", set.name, set.about.trim())?;
    if set.names_classes {
        writeln!(shown, "Its texts may name their classes.")?;
    }
    for (class, text) in &set.texts {
        let tokens = count(token_count(text), "token");
        write!(shown, "\n{class} ({tokens}")?;
        if let Some(samples) = set.provenance.samples(class) {
            let (used, all) = (samples.in_use, samples.answers.len());
            write!(shown, ", from answer {used} of {all}")?;
        }
        writeln!(shown, ")\n  {text}")?;
    }
    writeln!(shown, "\n{}", capital(&set.provenance.to_string()))?;
    match &set.provenance {
        Provenance::Written(written) => items(shown, &written.sources)?,
        Provenance::Generated(generated) => show_generated(shown, generated)?,
        Provenance::Imported(imported) => writeln!(shown, "  SHA-256 {}", imported.sha256)?,
    }
    for edit in &set.edits {
        writeln!(shown, "Edited {} by {}: {}", edit.date, edit.by, edit.what)?;
    }
    Ok(())
}

fn show_generated(shown: &mut String, generated: &Generated) -> std::fmt::Result {
    writeln!(shown, "  server: {}", generated.server)?;
    for (name, value) in &generated.parameters {
        writeln!(shown, "  {name}: {value}")?;
    }
    if let Some(tokens) = generated.tokens {
        let (asked, answered) = (tokens.prompt, tokens.completion);
        writeln!(shown, "  tokens: {asked} asked, {answered} answered")?;
    }
    writeln!(shown, "  question, SHA-256 {}:", generated.question_sha256)?;
    for line in generated.question.lines() {
        writeln!(shown, "    {line}")?;
    }
    Ok(())
}

fn items(shown: &mut String, items: &[String]) -> std::fmt::Result {
    items
        .iter()
        .try_for_each(|item| writeln!(shown, "  - {item}"))
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}
