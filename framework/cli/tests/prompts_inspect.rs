//! `exp prompts inspect` on the shipped sets, with the built-in CLIP.
#![allow(clippy::unwrap_used, missing_docs)]

mod browser;

use std::fs;
use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;

const TOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What `exp prompts inspect …` prints, on both streams, and its status.
fn inspect(top: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_exp"))
        .current_dir(top)
        .args(["prompts", "inspect", "--device", "cpu"])
        .args(arguments)
        .output()
        .unwrap();
    let [printed, errors] =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    format!("{errors}{printed}status {}", output.status.code().unwrap())
}

#[test]
fn a_shipped_set_is_printed_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new/page.html");
    let page = file.to_str().unwrap();
    let shown = inspect(Path::new(TOP), &["observed-7", "-o", page]);
    assert_snapshot!(shown.replace(page, "PAGE"));
    let page = fs::read_to_string(&file).unwrap();
    assert!(page.contains("lips pressed together in a tight line."));
    browser::opens(&file);
}

#[test]
fn several_sets_share_a_page_and_a_benchmark_chooses_the_classes() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path();
    for part in ["prompts", "experiments/benchmarks"] {
        fs::create_dir_all(top.join(part)).unwrap();
    }
    for file in [
        "prompts/names.yaml",
        "prompts/template.yaml",
        "experiments/benchmarks/synthetic.yaml",
    ] {
        fs::copy(Path::new(TOP).join(file), top.join(file)).unwrap();
    }
    // The small CLIP has not seen the names of all eleven classes.
    let all = inspect(top, &["names", "template"]);
    assert!(
        all.starts_with("error: the set `names`: the prompt of class contempt (`contempt.`) has"),
        "{all}"
    );
    assert!(all.contains("help: `--on BENCHMARK` looks only"), "{all}");
    assert!(all.ends_with("status 2"), "{all}");
    let page = top.join("reports/html/prompts_names_template.html");
    assert!(!page.exists());
    let seven = inspect(top, &["names", "template", "--on", "synthetic"]);
    assert!(seven.ends_with("status 0"), "{seven}");
    for set in ["names", "template"] {
        let title = format!("{set} with the backbone small: ");
        assert!(seven.contains(&title), "{seven}");
    }
    let page = fs::read_to_string(page).unwrap();
    assert_eq!(page.matches("<table class=\"confusion\">").count(), 2);
    assert!(page.contains("benchmark <bdi>synthetic</bdi>"));
}

#[test]
fn a_text_that_is_too_long_is_told_with_its_class() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path();
    for part in ["prompts", "experiments/benchmarks"] {
        fs::create_dir_all(top.join(part)).unwrap();
    }
    let set = format!(
        "name: long\nabout: Too much.\ntexts:\n  fear: {}\nprovenance:\n  written: {{by: me, date: \
         2026-11-20}}\n",
        "wide eyes ".repeat(40)
    );
    fs::write(top.join("prompts/long.yaml"), set).unwrap();
    let shown = inspect(top, &["long"]);
    assert!(
        shown.contains("the set `long`: the prompt of class fear"),
        "{shown}"
    );
    assert!(shown.contains("77"), "{shown}");
    assert!(shown.ends_with("status 2"), "{shown}");
}

#[test]
fn wrong_input_is_told() {
    let told = |arguments: &[&str]| inspect(Path::new(TOP), arguments);
    let shown = told(&["observed"]);
    assert!(
        shown.contains("there is no description set `observed`") && shown.ends_with("status 2"),
        "{shown}"
    );
    assert_snapshot!(told(&["observed-7", "--backbone", "smal"]), @r#"
    error: there is no backbone `smal`: it is neither `small`, nor published weights (vit-b-32, vit-b-16, vit-l-14, vit-l-14-336), nor a file (smal does not exist)
     |
     = help: did you mean `small`?
    status 2
    "#);
    assert_snapshot!(told(&["observed-7", "--backbone", "README.md"]), @r#"
    error: README.md is not a weight file: expected safetensors or a PyTorch file (.pt, .pth, .bin), found text that begins `# exp`
    status 2
    "#);
    assert_snapshot!(told(&["observed-7", "--on", "mafw"]), @r#"
    error: the description set `observed-7` has no text for the class `contempt`; it has texts for: happiness, sadness, neutral, anger, surprise, disgust, fear
    status 2
    "#);
    assert_snapshot!(told(&["observed-7", "--on", "dfw"]), @r#"
    error: there is no benchmark `dfw`: experiments/benchmarks/dfw.yaml does not exist
     |
     = help: did you mean `dfew`?
    status 2
    "#);
}
