//! Sets as they come out: their files, their samples, and going on with them.

use std::fs;

use exp_prompts::DescriptionSet;
use exp_prompts::check::Limits;
use exp_prompts::check::check_file;
use exp_prompts::llm::{Draft, Question, QuestionError};
use exp_prompts::provenance::{Provenance, TokenCounts, sha256};
use serde_json::json;

use crate::server::{completion, describe, say, send, serve, text};
use crate::trial;

const CLASSES: [&str; 3] = ["happiness", "sadness", "neutral"];

#[test]
fn a_set_is_a_file_like_any_other() {
    let (base, seen) = serve(|_, asked, stream| describe(stream, &asked.class()));
    let trial = trial(&base, &CLASSES);
    let set = trial.run(false).unwrap();
    let path = trial.folder.path().join("faces.yaml");
    assert_eq!(DescriptionSet::read(&path).unwrap(), set);
    assert!(check_file(&path, 8).unwrap().is_empty());
    assert!(!trial.draft().exists());
    let order: Vec<&str> = set.texts.iter().map(|(class, _)| class.as_str()).collect();
    assert_eq!(order, CLASSES);

    let Provenance::Generated(generated) = set.provenance else {
        panic!("not generated");
    };
    assert_eq!(generated.model, "canned-2026");
    assert_eq!(generated.server, base);
    assert_eq!(generated.question, "Describe {{ class }}.");
    assert_eq!(generated.question_sha256, sha256(b"Describe {{ class }}."));
    assert_eq!(generated.parameters["model"], json!("canned"));
    let (prompt, completion) = (60, 30);
    assert_eq!(generated.tokens, Some(TokenCounts { prompt, completion }));
    let samples = &generated.samples[0].1;
    assert_eq!(samples.in_use, 1);
    let raw = json!({"text": text("happiness")}).to_string();
    assert_eq!(samples.answers[0].raw, raw);

    let head = &seen.lock().unwrap()[0].head;
    assert!(head.starts_with("post /v1/chat/completions http/1.1"));
    assert!(!head.contains("authorization"), "no key, no header");
}

#[test]
fn every_sample_is_kept_and_the_first_is_in_use() {
    let (base, seen) = serve(|number, asked, stream| {
        say(stream, &format!("{} {number}", text(&asked.class())));
    });
    let mut trial = trial(&base, &CLASSES);
    trial.samples = 3;
    let set = trial.run(false).unwrap();
    assert_eq!(seen.lock().unwrap().len(), 9);
    for class in CLASSES {
        let samples = set.provenance.samples(class).unwrap();
        assert_eq!((samples.answers.len(), samples.in_use), (3, 1));
        assert_eq!(set.text(class), Some(samples.answers[0].text.as_str()));
    }
}

#[test]
fn what_is_finished_is_kept_and_only_the_rest_is_asked_for() {
    let (broken, _) = serve(|_, asked, stream| match asked.class().as_str() {
        "sadness" => say(stream, "a sad face"),
        class => describe(stream, class),
    });
    let trial = trial(&broken, &CLASSES);
    assert_eq!(trial.run(false).unwrap_err().kept, 2);
    let kept = DescriptionSet::read(&trial.draft()).unwrap();
    assert_eq!(kept.texts.len(), 2);

    // Beginning anew would ask, and pay, for all of them again.
    let error = trial.try_run(false).unwrap_err().to_string();
    assert!(error.contains("go on with `--continue`"), "{error}");

    let (whole, seen) = serve(|_, asked, stream| describe(stream, &asked.class()));
    let mut other = crate::trial(&whole, &CLASSES);
    fs::create_dir_all(other.draft().parent().unwrap()).unwrap();
    // The same server under its new port.
    let draft = fs::read_to_string(trial.draft()).unwrap();
    fs::write(other.draft(), draft.replace(&broken, &whole)).unwrap();

    other.question = "Depict {{ class }}.";
    let error = other.try_run(true).unwrap_err().to_string();
    assert!(error.contains("was begun with another question"), "{error}");
    other.question = "Describe {{ class }}.";
    other.classes[2] = "calm".to_owned();
    let error = other.try_run(true).unwrap_err().to_string();
    assert!(error.contains("was begun with other classes"), "{error}");
    other.classes[2] = "neutral".to_owned();

    let set = other.run(true).unwrap();
    assert_eq!(set.texts.len(), 3);
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].class(), "sadness");
}

#[test]
fn texts_are_kept_as_they_come() {
    let (base, _) = serve(|number, asked, stream| match number {
        0 => describe(stream, &asked.class()),
        _ => send(stream, "403 Forbidden", b"no money left"),
    });
    let trial = trial(&base, &CLASSES);
    let unfinished = trial.run(false).unwrap_err();
    assert_eq!(unfinished.kept, 1);
    assert_eq!(DescriptionSet::read(&trial.draft()).unwrap().texts.len(), 1);
    assert!(!trial.folder.path().join("faces.yaml").exists());
}

#[test]
fn raw_answers_are_kept_whatever_is_in_them() {
    let thoughts = [
        "\0\u{1b}[31m\u{7f}\u{85}\u{a0}",
        "\u{2028}\u{2029}\u{feff}\u{fffe}\u{1f600}",
        "\r\n\t line  \n  \n---\n# no comment: - [x] 'y' \"z\" \r",
        "...\n%YAML 1.2\n&a *a !!str |\n >\n{{ 7*7 }} <script>\n",
        "\n\n  leading and trailing\n\n\n",
    ];
    let (base, _) = serve(move |number, asked, stream| {
        let text = text(&asked.class());
        say(
            stream,
            &format!("<think>{}</think>{text} {number}", thoughts[number % 5]),
        );
    });
    let mut trial = trial(&base, &["happiness"]);
    trial.samples = 5;
    let set = trial.run(false).unwrap();
    let path = trial.folder.path().join("faces.yaml");
    assert_eq!(DescriptionSet::read(&path).unwrap(), set);
    let answers = &set.provenance.samples("happiness").unwrap().answers;
    for thought in thoughts {
        assert!(
            answers.iter().any(|answer| answer.raw.contains(thought)),
            "{thought:?}"
        );
    }
}

#[test]
fn no_answer_is_kept_twice() {
    // It knows two descriptions, and three are wanted.
    let (base, _) = serve(|_, asked, stream| match asked.said().len() {
        1 => say(stream, "level brows and open eyes"),
        _ => describe(stream, &asked.class()),
    });
    let mut trial = trial(&base, &["happiness"]);
    trial.samples = 3;
    let failure = trial.failure();
    assert_eq!(
        failure,
        "answer 3: none of 4 answers can be used; of the last one, the text is the same as answer 2 \
         for `happiness`"
    );
    let faults = trial.faults();
    assert!(faults[0].ends_with("the text is the same as answer 1 for `happiness`"));
}

#[test]
fn another_model_is_noted_where_it_answered() {
    let (base, _) = serve(|number, asked, stream| {
        let message = json!({"content": format!("{} {number}", text(&asked.class()))});
        let body = String::from_utf8(completion(&message, "stop")).unwrap();
        let model = ["first", "second", "first"][number];
        send(
            stream,
            "200 OK",
            body.replace("canned-2026", model).as_bytes(),
        );
    });
    let mut trial = trial(&base, &["happiness"]);
    trial.samples = 3;
    let set = trial.run(false).unwrap();
    let samples = set.provenance.samples("happiness").unwrap();
    let models: Vec<_> = samples
        .answers
        .iter()
        .map(|answer| answer.model.as_deref())
        .collect();
    assert_eq!(models, [None, Some("second"), None]);
    assert!(
        set.about.contains("the language model first"),
        "{}",
        set.about
    );
}

#[test]
fn a_draft_has_one_writer_and_a_set_is_never_replaced() {
    let (base, _) = serve(|_, asked, stream| describe(stream, &asked.class()));
    let trial = trial(&base, &CLASSES);
    let path = trial.folder.path().join("faces.yaml");
    let asked = |draft: &mut Draft| trial.ask(draft).unwrap();
    let mut first = trial.open(false).unwrap();
    let busy = trial.open(true).unwrap_err().to_string();
    assert!(busy.contains("is being written by another call"), "{busy}");
    asked(&mut first);
    // Somebody's set came in between.
    fs::write(&path, "mine").unwrap();
    let error = first.publish(&path).unwrap_err().to_string();
    assert!(error.contains("there is a set `faces` already"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    assert!(trial.draft().exists(), "the answers are still there");

    fs::remove_file(&path).unwrap();
    let mut again = trial.open(true).unwrap();
    asked(&mut again);
    again.publish(&path).unwrap();
    assert_eq!(DescriptionSet::read(&path).unwrap().texts.len(), 3);
    let beside = fs::read_dir(trial.folder.path()).unwrap().count();
    assert_eq!(beside, 3, "the set, the question, the drafts' folder");
}

#[test]
fn a_draft_that_was_spoiled_becomes_no_set() {
    let (base, _) = serve(|_, asked, stream| describe(stream, &asked.class()));
    let trial = trial(&base, &CLASSES);
    let mut draft = trial.open(false).unwrap();
    trial.ask(&mut draft).unwrap();
    drop(draft);
    let spoiled = fs::read_to_string(trial.draft()).unwrap();
    fs::write(
        trial.draft(),
        spoiled.replace("raised cheeks", "a happy look"),
    )
    .unwrap();
    let path = trial.folder.path().join("faces.yaml");
    let error = trial.open(true).unwrap().publish(&path).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("names the class `happiness`"), "{error}");
    assert!(!path.exists());
}

#[test]
fn what_failed_answers_cost_is_kept_too() {
    let (base, _) = serve(|_, asked, stream| match asked.class().as_str() {
        "sadness" => say(stream, "a sad face"),
        class => describe(stream, class),
    });
    let trial = trial(&base, &CLASSES);
    trial.run(false).unwrap_err();
    let Provenance::Generated(kept) = DescriptionSet::read(&trial.draft()).unwrap().provenance
    else {
        panic!("not generated");
    };
    // Six answers, four of them in vain.
    let (prompt, completion) = (120, 60);
    assert_eq!(kept.tokens, Some(TokenCounts { prompt, completion }));
}

#[test]
fn a_text_without_an_answer_is_at_fault() {
    let (base, _) = serve(|_, asked, stream| describe(stream, &asked.class()));
    let trial = trial(&base, &CLASSES);
    let mut set = trial.run(false).unwrap();
    set.texts.push(("fear".to_owned(), "a mouth".to_owned()));
    let path = trial.folder.path().join("faces.yaml");
    set.write(&path).unwrap();
    let faults = check_file(&path, 8).unwrap();
    assert_eq!(faults.len(), 1);
    let fault = faults[0].to_string();
    assert!(
        fault.contains("no answer for the text of class `fear`"),
        "{fault}"
    );
}

fn question(template: &str) -> Result<Vec<String>, QuestionError> {
    let folder = tempfile::tempdir().unwrap();
    // A name that makes minijinja escape for a page unless it is told not to.
    let path = folder.path().join("q.html.md");
    fs::write(&path, template).unwrap();
    let classes = CLASSES.map(str::to_owned);
    Question::read(&path)?.fill_in(&classes, &Limits::beside(8, false))
}

#[test]
fn questions_with_mistakes_are_not_asked() {
    let message = |template| question(template).unwrap_err().to_string();
    let same = message("Describe the face.");
    assert!(
        same.contains("is the same for `happiness` and `sadness`; put `{{ class }}`"),
        "{same}"
    );
    let unknown = message("Describe\n{{ klass }}.");
    assert!(unknown.contains("undefined value"), "{unknown}");
    assert!(unknown.contains("q.html:2"), "{unknown}");
    assert!(message("{{ class").contains("cannot fill in the question"));
    let quoted = question("{{ class + ' <' }}").unwrap();
    assert_eq!(quoted[0], "happiness <");
}

#[test]
fn the_shipped_questions_can_be_asked() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../prompts/questions");
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let question = Question::read(&entry.unwrap().path()).unwrap();
        let classes = CLASSES.map(str::to_owned);
        for allowed in [false, true] {
            let filled = question
                .fill_in(&classes, &Limits::beside(8, allowed))
                .unwrap();
            assert!(filled[1].contains("sadness"));
            assert!(filled[1].contains("at most 40 words"), "{}", filled[1]);
            assert!(!filled[1].contains("\n\n\n"), "{}", filled[1]);
        }
        count += 1;
    }
    assert!(count >= 2);
}
