//! The commands that do an experiment again.

use exp_core::provenance::Provenance;

/// The lines that a person types in a shell to do these runs again, comments included.
pub(super) fn commands(from: &Provenance, name: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(revision) = &from.revision {
        lines.push(format!("git checkout {}", quoted(revision)));
        if from.diff.is_some() {
            lines.push(
                "# and the changes that were not committed, which the store keeps".to_owned(),
            );
        }
    }
    let cuda = if from.device.starts_with("cuda") {
        " --features cuda"
    } else {
        ""
    };
    lines.push(format!("cargo build --release{cuda}"));
    let arguments = from.command.iter().skip(1).map(|argument| quoted(argument));
    let run: Vec<String> = std::iter::once("target/release/exp".to_owned())
        .chain(arguments)
        .collect();
    lines.push(run.join(" "));
    lines.push(format!("target/release/exp report {}", quoted(name)));
    lines
}

/// An argument as a shell takes it for one word (POSIX, Shell Command Language, 2.2.2).
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:,@%+".contains(letter);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_one_word_in_a_shell() {
        assert_eq!(quoted("train.epochs=3"), "train.epochs=3");
        assert_eq!(quoted("a b; rm *"), "'a b; rm *'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn the_program_is_named_by_where_it_is_built() {
        let from = Provenance {
            revision: Some("abc".to_owned()),
            command: ["/somewhere/exp", "run", "a b.yaml"]
                .map(str::to_owned)
                .to_vec(),
            device: "cpu-f32".to_owned(),
            ..Provenance::default()
        };
        assert_eq!(
            commands(&from, "x"),
            [
                "git checkout abc",
                "cargo build --release",
                "target/release/exp run 'a b.yaml'",
                "target/release/exp report x",
            ]
        );
    }
}
