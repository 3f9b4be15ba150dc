//! `exp prompts generate`: has a language model write a description set.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, anyhow, bail, ensure};
use clap::Args;
use exp_core::experiment::ClipSource;
use exp_prompts::check::Limits;
use exp_prompts::description_set::new_file;
use exp_prompts::llm::{Client, Draft, Order, Patience, Question, Server, Watch, generate};
use exp_prompts::provenance::Provenance;
use exp_prompts::tokenizer::CONTEXT_LENGTH;
use exp_report::text::visible;
use exp_store::Store;
use exp_train::Registry;

use super::class_names;
use crate::Outcome;
use crate::progress::steps_bar;
use crate::project::Project;

/// Context tokens that the default length of a text leaves room for.
const CONTEXTS: usize = 8;

/// Have a language model write a description set.
///
/// EXP_LLM_URL is the address of any server that speaks OpenAI's chat completions, up to and with
/// /v1 (Ollama: http://localhost:11434/v1), and EXP_LLM_KEY its key if it wants one. Each text is
/// checked before it is kept; the set is written to prompts/NAME.yaml when all are there.
#[derive(Args)]
pub struct Arguments {
    /// The classes to describe.
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        required_unless_present = "on"
    )]
    classes: Vec<String>,
    /// Describe the classes of this benchmark.
    #[arg(long, value_name = "BENCHMARK", conflicts_with = "classes")]
    on: Option<String>,
    /// The set's name.
    #[arg(long, value_name = "NAME")]
    set_name: String,
    /// The model to ask [default: EXP_LLM_MODEL].
    #[arg(long)]
    model: Option<String>,
    /// The question, a template [default: prompts/questions/observed.md].
    #[arg(long, value_name = "FILE")]
    question: Option<PathBuf>,
    /// How many answers to keep for each class; the first is in use.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=100))]
    samples: u16,
    /// Most CLIP tokens of a text [default: what 8 context tokens leave room for].
    #[arg(long, value_name = "T")]
    max_tokens_per_text: Option<usize>,
    /// Let texts name the classes.
    #[arg(long)]
    allow_class_names: bool,
    /// Go on with a set that was not finished: ask only for what is missing.
    #[arg(long = "continue")]
    go_on: bool,
    /// The store that keeps the requests and answers [default: runs/exp.db].
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, registry: &Registry) -> anyhow::Result<Outcome> {
    let project = Project::find(&std::env::current_dir()?)?;
    let name = &arguments.set_name;
    let path = new_file(&project.prompts(), name)?;
    let classes = classes(arguments, &project, registry)?;
    let limits = limits(arguments)?;
    let question = match &arguments.question {
        Some(file) => Question::read(file)?,
        None => Question::read(&project.prompts().join("questions/observed.md"))?,
    };
    let questions = question.fill_in(&classes, &limits)?;
    let server = Server::from_environment()?;
    let usual = std::env::var("EXP_LLM_MODEL").ok();
    let model = arguments.model.clone().or(usual);
    let Some(model) = model.filter(|model| !model.trim().is_empty()) else {
        bail!(
            "no model to ask: name one of those that {} has, with `--model` or EXP_LLM_MODEL",
            server.address()
        );
    };
    let order = Order {
        name,
        classes: &classes,
        question: &question,
        model: &model,
        samples: arguments.samples.into(),
        limits,
    };
    let client = Client::new(server, Patience::default())?;
    let work = project.runs().join("prompts").join(format!("{name}.yaml"));
    let draft = Draft::open(&work, &order, client.server(), arguments.go_on)?;
    let store = arguments.store.clone().unwrap_or_else(|| project.store());
    let store = Store::open(store)?;
    let done = ask(&client, &order, &questions, draft, &path, store);
    Ok(done.map_or_else(Outcome::BrokenOff, |()| Outcome::Done))
}

/// Asks for what is missing and writes the set.
fn ask(
    client: &Client,
    order: &Order<'_>,
    questions: &[String],
    mut draft: Draft,
    path: &Path,
    store: Store,
) -> anyhow::Result<()> {
    let bar = steps_bar(order.samples * order.classes.len(), "answers");
    bar.reach(draft.kept(order.samples) as u64);
    let (requests, in_vain) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let unrecorded = Mutex::new(None);
    let watch = Watch {
        call: &|call| {
            requests.fetch_add(1, Ordering::Relaxed);
            if let Some(fault) = &call.fault {
                in_vain.fetch_add(1, Ordering::Relaxed);
                bar.advance(0, &format!("{}: {fault}", call.class));
            }
            if let (Err(error), Ok(mut first)) = (store.record_llm_call(call), unrecorded.lock()) {
                first.get_or_insert(error);
            }
        },
        kept: &|class| bar.advance(1, class),
    };
    let generated = generate(client, order, questions, &mut draft, &watch);
    if generated.is_ok() {
        bar.finish();
    }
    // The first of these two is the one that tells most.
    let recorded = match unrecorded.into_inner().ok().flatten() {
        Some(error) => Err(error),
        None => store.close(),
    };
    if let Err(unfinished) = generated {
        return Err(match recorded {
            Ok(()) => unfinished.into(),
            Err(error) => anyhow!("{unfinished}\nnot all requests were recorded: {error}"),
        });
    }
    let set = draft.set();
    draft
        .publish(path)
        .context("the answers are all there, but not in a set")?;
    for (class, text) in &set.texts {
        println!("{}: {text}", visible(class));
    }
    println!(
        "\n{}: texts: {}, requests: {} ({} in vain){}",
        path.display(),
        set.texts.len(),
        requests.into_inner(),
        in_vain.into_inner(),
        tokens(&set.provenance)
    );
    println!(
        "Read it; then use it with `prompt: {{descriptions: {{set: {}}}}}`.",
        set.name
    );
    recorded.context("the set is written, but not all requests were recorded")
}

fn classes(
    arguments: &Arguments,
    project: &Project,
    registry: &Registry,
) -> anyhow::Result<Vec<String>> {
    let classes = match &arguments.on {
        None => class_names(&arguments.classes),
        Some(benchmark) => {
            let protocol = project.read_protocol(benchmark)?;
            let source = ClipSource::decode(&protocol, &[], registry)?;
            source.benchmark.plugin.classes()
        }
    };
    for (place, class) in classes.iter().enumerate() {
        ensure!(!class.is_empty(), "a class needs a name");
        ensure!(
            !classes[..place].contains(class),
            "there are two classes `{class}`"
        );
    }
    Ok(classes)
}

fn limits(arguments: &Arguments) -> anyhow::Result<Limits> {
    let most = Limits::beside(0, false).tokens;
    let usual = Limits::beside(CONTEXTS, arguments.allow_class_names);
    let tokens = arguments.max_tokens_per_text.unwrap_or(usual.tokens);
    ensure!(
        (1..=most).contains(&tokens),
        "`--max-tokens-per-text` is {tokens}; expected 1 to {most}, since CLIP reads {CONTEXT_LENGTH} \
         tokens with the start and the end token"
    );
    Ok(Limits { tokens, ..usual })
}

fn tokens(provenance: &Provenance) -> String {
    match provenance {
        Provenance::Generated(generated) => generated.tokens.map_or(String::new(), |tokens| {
            let (prompt, completion) = (tokens.prompt, tokens.completion);
            format!(", {prompt} tokens asked and {completion} answered")
        }),
        Provenance::Written(_) | Provenance::Imported(_) => String::new(),
    }
}
