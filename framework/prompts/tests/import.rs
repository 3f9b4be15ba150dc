//! Sets from Python files, which are read and never run.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

use exp_prompts::provenance::{Provenance, sha256};
use exp_prompts::python_lists::lists;
use exp_prompts::{DescriptionSet, import};
use insta::assert_snapshot;
use proptest::prelude::*;

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/texts.py")
}

fn classes(names: &[&str]) -> Option<Vec<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn lists_of_strings_are_read_and_everything_else_is_refused_with_its_line() {
    let source = fs::read_to_string(file()).unwrap();
    let found: Vec<String> = lists(&source)
        .iter()
        .map(|list| match &list.items {
            Ok(items) => format!("{} {}: {items:?}", list.line, list.name),
            Err(refused) => format!("{} {}: refused, {refused}", list.line, list.name),
        })
        .collect();
    assert_snapshot!(found.join("\n"), @r#"
    7 class_names_2: ["anger.", "fear."]
    12 descriptions: ["low brows", "it's a \"stare\"; AéA", "raw \\n", "three\nlines", "tab\there and on"]
    19 parts: refused, line 19: expected nothing after the list, found `+`
    20 calls: refused, line 20: expected a string, found `os`
    21 formatted: refused, line 21: expected a string, found one with expressions in it (`f"…"`)
    22 numbers: refused, line 22: expected a string, found `1`
    23 nested: refused, line 23: expected a string, found `[`
    24 names: refused, line 24: expected a string, found `class_names_2`
    25 percent: refused, line 25: expected a string, found `%`
    26 bytes_: refused, line 26: expected a string, found one with the prefix `b`
    27 named: refused, line 27: expected a string, found a character by its name (`\N`)
    28 surrogate: refused, line 28: expected a string, found an escape that is no character
    29 empty: []
    30 twice: ["a"]
    31 twice: ["b"]
    37 last: ["a"]
    38 unclosed: refused, line 38: the list that begins here has no end
    "#);
}

#[test]
fn a_list_becomes_a_set_with_its_provenance() {
    let set = import(
        &file(),
        Some("class_names_2"),
        classes(&["anger", "fear"]),
        "two",
    )
    .unwrap();
    assert_eq!(set.name, "two");
    assert!(set.names_classes);
    assert_eq!(set.text("fear"), Some("fear."));
    let Provenance::Imported(imported) = &set.provenance else {
        panic!("{:?}", set.provenance)
    };
    assert_eq!(
        (imported.file.as_str(), imported.list.as_str()),
        ("texts.py", "class_names_2")
    );
    assert_eq!(imported.sha256, sha256(&fs::read(file()).unwrap()));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.yaml");
    set.write(&path).unwrap();
    assert_eq!(DescriptionSet::read(&path).unwrap(), set);
}

#[test]
fn seven_and_eleven_strings_are_in_the_label_order_of_the_benchmarks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("only.py");
    for (count, last) in [(7, "fear"), (11, "disappointment")] {
        let strings: Vec<String> = (0..count).map(|n| format!("'text {n}'")).collect();
        fs::write(&path, format!("texts = [{}]\n", strings.join(", "))).unwrap();
        let set = import(&path, None, None, "mine").unwrap();
        assert!(!set.names_classes);
        assert_eq!(set.texts[0], ("happiness".to_owned(), "text 0".to_owned()));
        assert_eq!(
            set.texts[count - 1],
            (last.to_owned(), format!("text {}", count - 1))
        );
    }
}

#[test]
fn what_cannot_be_imported_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let none = write("none.py", b"x = 1\n");
    let latin = write("latin.py", b"x = ['caf\xe9']\n");
    let top = format!("{}/", folder.path().display());
    let data = format!("{}/", file().parent().unwrap().display());
    let told = |path: &Path, list: Option<&str>, classes: Option<Vec<String>>| {
        let error = import(path, list, classes, "mine").unwrap_err().to_string();
        error.replace(&top, "").replace(&data, "")
    };
    let messages = [
        told(&none, None, None),
        told(&none, Some("x"), None),
        told(&latin, None, None),
        told(&folder.path().join("nowhere.py"), None, None),
        told(&file(), None, None),
        told(&file(), Some("description"), None),
        told(&file(), Some("calls"), None),
        told(&file(), Some("twice"), None),
        told(&file(), Some("class_names_2"), None),
        told(&file(), Some("class_names_2"), classes(&["anger"])),
        told(&file(), Some("class_names_2"), classes(&["anger", "anger"])),
    ];
    assert_snapshot!(messages.join("\n"), @r#"
    none.py has no list of strings: expected `NAME = ["…", …]` at the beginning of a line
    none.py has no list of strings: expected `NAME = ["…", …]` at the beginning of a line
    expected a Python file in UTF-8, found bytes that are none: latin.py
    cannot read nowhere.py: No such file or directory (os error 2)
    texts.py has several lists; choose one with `--list NAME` (with their numbers of strings): class_names_2 (2), descriptions (5), twice (1), twice (1), last (1)
    texts.py has no list of strings `description`; did you mean `descriptions`? There are (with their numbers of strings): class_names_2 (2), descriptions (5), twice (1), twice (1), last (1)
    `calls` in texts.py is no list of strings, line 20: expected a string, found `os`
    texts.py assigns `twice` on line 30 and again on line 31: which one is meant cannot be told without running the file; take one out
    `class_names_2` has 2 strings; name their classes in order with `--classes a,b,…` (only for 7 and 11 the order is known)
    expected a class for each string: `class_names_2` has 2 strings, the classes are: anger
    the class `anger` was named twice
    "#);
}

proptest! {
    #[test]
    fn any_file_is_read_to_its_end(source in any::<String>()) {
        let _ = lists(&source);
    }

    #[test]
    fn odd_python_is_read_to_its_end(source in "(a = \\[|[\\[\\]'\",=\\\\#frbuNx0-7\n ]|\"\"\"){0,60}") {
        let _ = lists(&source);
    }

    #[test]
    fn strings_are_read_as_they_were_meant(items in proptest::collection::vec(any::<String>(), 1..5)) {
        // JSON's escapes are Python's, but for characters beyond 16 bits, which are left alone.
        let source = format!("a = {}\n", serde_json::to_string(&items).unwrap());
        prop_assert_eq!(lists(&source)[0].items.clone(), Ok(items));
    }
}
