//! `exp prompts diff`: two sets, class by class.

use clap::Args;
use exp_prompts::DescriptionSet;
use exp_prompts::diff::{Difference, diff};
use exp_report::text::visible;

use crate::Outcome;
use crate::project::Project;

/// Compare two description sets, class by class.
///
/// Words that only A has are marked [-so-], words that only B has {+so+}.
#[derive(Args)]
pub struct Arguments {
    /// A set's name.
    #[arg(value_name = "A")]
    first: String,
    /// Another set's name.
    #[arg(value_name = "B")]
    second: String,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let folder = Project::find(&std::env::current_dir()?)?.prompts();
    let first = DescriptionSet::load(&folder, &arguments.first)?;
    let second = DescriptionSet::load(&folder, &arguments.second)?;
    let differences = diff(&first, &second);
    let (mut shown, mut same) = (String::new(), 0);
    for (class, difference) in &differences {
        let (note, text) = match difference {
            Difference::Same(text) => {
                same += 1;
                (" (the same)".to_owned(), text)
            }
            Difference::Changed(marked) => (String::new(), marked),
            Difference::OnlyFirst(text) => (format!(" (only in {})", first.name), text),
            Difference::OnlySecond(text) => (format!(" (only in {})", second.name), text),
        };
        shown.push_str(&format!("{class}{note}\n  {text}\n"));
    }
    let classes = differences.len();
    shown.push_str(&format!(
        "\n{} and {}: {same} of {classes} texts are the same.\n",
        first.name, second.name
    ));
    print!("{}", visible(&shown));
    Ok(Outcome::Done)
}
