//! Settings that fit by themselves but not to the prompts, the backbone or the clips.

use insta::assert_snapshot;

use crate::{DESCRIPTIONS, EXPERIMENT, PROTOCOL, Project, broken, broken_protocol, refused};

#[test]
fn a_template_without_a_place_for_the_class() {
    assert_snapshot!(broken("{descriptions: {set: observed-7}}", "{template: {text: a face.}}"), @r#"
    error: expected a sentence with `{class}` where the class name goes, found `a face.`
     --> experiments/a.yaml:5:29
      |
    5 |   prompt: {template: {text: a face.}}
      |                             ^^^^^^^
    "#);
}

#[test]
fn an_unknown_description_set() {
    assert_snapshot!(broken("observed-7", "observed-77"), @r#"
    error: there is no description set `observed-77`
     --> experiments/a.yaml:5:26
      |
    5 |   prompt: {descriptions: {set: observed-77}}
      |                          ^^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `observed-7`?
    "#);
    assert_snapshot!(broken("observed-7", "mine"), @r#"
    error: there is no description set `mine`
     --> experiments/a.yaml:5:26
      |
    5 |   prompt: {descriptions: {set: mine}}
      |                          ^^^^^^^^^^^
      |
      = help: the folder `prompts` has: `observed-7`
    "#);
}

#[test]
fn a_class_without_a_text() {
    let project = Project::new().edit(DESCRIPTIONS, "  anger: ", "  rage: ");
    assert_snapshot!(project.refused(&[EXPERIMENT]), @r#"
    error: the description set `observed-7` has no text for the class `anger`
     --> experiments/a.yaml:5:26
      |
    5 |   prompt: {descriptions: {set: observed-7}}
      |                          ^^^^^^^^^^^^^^^^^
      |
      = help: it has texts for: happiness, sadness, neutral, rage, surprise, disgust, fear
    "#);
}

#[test]
fn a_mistake_in_a_description_set() {
    let project = Project::new().edit(DESCRIPTIONS, "texts:", "text:");
    assert_snapshot!(project.refused(&[EXPERIMENT]), @r#"
    error: unknown key `text`
     --> TOP/prompts/observed-7.yaml:5:1
      |
    5 | text:
      | ^^^^
      |
      = help: did you mean `texts`?
    "#);
}

#[test]
fn a_word_that_the_backbone_never_saw() {
    let project = Project::new().edit(DESCRIPTIONS, "a wide mouth", "a wide piano");
    assert_snapshot!(project.refused(&[EXPERIMENT]), @r#"
    error: the prompt of class happiness (`lip corners pulled up, a wide piano, raised cheeks, and narrow eyes with wrinkled corners.`) has words, or parts of words, that the backbone never saw: `piano`; an untrained vector would say nothing about them. Use other words, or a backbone with CLIP's whole vocabulary
     --> experiments/a.yaml:5:26
      |
    5 |   prompt: {descriptions: {set: observed-7}}
      |                          ^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_prompt_that_does_not_fit() {
    let template = format!("{{template: {{text: '{{class}}{}'}}}}", " face".repeat(80));
    assert_snapshot!(broken("{descriptions: {set: observed-7}}", &template), @r#"
    error: the prompt of class happiness: the text has 83 tokens with start and end, but CLIP reads at most 77; shorten it: "happiness face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face face"
     --> experiments/a.yaml:5:22
      |
    5 | ...e: {text: '{class} face face face face face face...ace face face face face face face face face'}}
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^...^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn frames_of_another_size_than_the_backbone_takes() {
    assert_snapshot!(broken_protocol("size: 48", "size: 224"), @r#"
    error: `clip.size` is 224, but the backbone `small` takes frames of 48 pixels
     --> experiments/benchmarks/synthetic.yaml:3:25
      |
    3 | clip: {frames: 2, size: 224}
      |                         ^^^
      |
      = help: set `clip.size` to 48
    "#);
    assert_snapshot!(broken_protocol("clip: {frames: 2, size: 48}\n", ""), @r#"
    error: `clip.size` is 224, but the backbone `small` takes frames of 48 pixels
     --> experiments/benchmarks/synthetic.yaml:1:1
      |
    1 | benchmark: {synthetic: {train: 70, test: 70}}
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: set `clip.size` to 48
    "#);
    assert_snapshot!(refused(&["--set", "clip.size=64"]), @r#"
    error: `clip.size` is 64, but the backbone `small` takes frames of 48 pixels
     |
     | --set clip.size=64
     |                 ^^
     |
     = help: set `clip.size` to 48
    "#);
}

#[test]
fn a_backbone_that_is_not_there() {
    assert_snapshot!(broken_protocol("backbone: small", "backbone: smal"), @r"
    error: there is no backbone `smal`: it is neither `small`, nor published weights (vit-b-32, vit-b-16, vit-l-14, vit-l-14-336), nor a file (TOP/smal does not exist)
     --> experiments/benchmarks/synthetic.yaml:2:11
      |
    2 | backbone: smal
      |           ^^^^
      |
      = help: did you mean `small`?
    ");
}

#[test]
fn clips_that_are_not_there() {
    let lists =
        "{frame_list: {train: lists/train.txt, test: lists/test.txt, classes: [anger, fear]}}";
    assert_snapshot!(broken_protocol("{synthetic: {train: 70, test: 70}}", lists), @r#"
    error: cannot read TOP/lists/train.txt: No such file or directory (os error 2)
     --> experiments/benchmarks/synthetic.yaml:1:25
      |
    1 | benchmark: {frame_list: {train: lists/train.txt, test: lists/test.txt, classes: [anger, fear]}}
      |                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_fold_that_is_not_there() {
    let project = Project::new().edit(PROTOCOL, "backbone:", "folds: [2]\nbackbone:");
    assert_snapshot!(project.refused(&[EXPERIMENT]), @r#"
    error: the synthetic benchmark has one fold, there is no fold 2
     --> experiments/benchmarks/synthetic.yaml:1:24
      |
    1 | benchmark: {synthetic: {train: 70, test: 70}}
      |                        ^^^^^^^^^^^^^^^^^^^^^
    "#);
}
