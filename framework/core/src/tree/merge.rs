//! Laying one layer of settings over another.

use super::{Entry, Node, Value};

/// `over` laid on `base`.
///
/// Maps merge key by key, anything else in `over` replaces what is under it. A key that both have
/// keeps its order from `base` and takes its place from `over`; a merged map keeps the place of
/// `base`, where most of it is written.
///
/// `tagged` names the top-level keys whose value is an externally tagged plugin node
/// ([`Node::tag`]). There, one plugin replaces another wholly, since its settings mean nothing to
/// the other; only for the same plugin the settings merge.
pub fn merge(base: Node, over: Node, tagged: &[&str]) -> Node {
    merge_maps(base, over, &|key, base, over| {
        if tagged.contains(&key) {
            merge_plugin(base, over)
        } else {
            merge(base, over, &[])
        }
    })
}

fn merge_plugin(base: Node, over: Node) -> Node {
    match (base.tag(), over.tag()) {
        (Some((below, _, _)), Some((above, _, settings))) if below == above => {
            // `temporal: transformer` over `temporal: {transformer: {depth: 2}}` sets nothing.
            if settings.is_none() && base.entries().is_some() {
                base
            } else {
                merge_maps(base, over, &|_, base, over| merge(base, over, &[]))
            }
        }
        _ => over,
    }
}

/// Merges two maps with `both` for the keys that both have; if one of the nodes is no map, `over`.
fn merge_maps(base: Node, over: Node, both: &dyn Fn(&str, Node, Node) -> Node) -> Node {
    let mark = base.mark;
    match (base.value, over.value) {
        (Value::Map(below), Value::Map(mut above)) => {
            let mut merged = Vec::with_capacity(below.len() + above.len());
            for entry in below {
                let same = above.iter().position(|other| other.key == entry.key);
                merged.push(match same.map(|index| above.remove(index)) {
                    None => entry,
                    Some(other) => Entry {
                        node: both(&entry.key, entry.node, other.node),
                        key: entry.key,
                        key_mark: other.key_mark,
                    },
                });
            }
            merged.extend(above);
            Node {
                value: Value::Map(merged),
                mark,
            }
        }
        (_, value) => Node {
            value,
            mark: over.mark,
        },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::tree::Source;

    fn layer(name: &str, text: &str) -> Node {
        Node::parse(Source::new(name, text)).unwrap()
    }

    fn merged(base: &str, over: &str) -> String {
        let node = merge(layer("base", base), layer("over", over), &["temporal"]);
        node.to_json().to_string()
    }

    #[test]
    fn one_plugin_replaces_another() {
        assert_eq!(
            merged(
                "temporal: {transformer: {depth: 2}}",
                "temporal: {mean: {}}"
            ),
            r#"{"temporal":{"mean":{}}}"#
        );
        assert_eq!(
            merged("temporal: {transformer: {depth: 2}}", "temporal: mean"),
            r#"{"temporal":"mean"}"#
        );
        assert_eq!(
            merged("temporal: mean", "temporal: {transformer: {depth: 2}}"),
            r#"{"temporal":{"transformer":{"depth":2}}}"#
        );
    }

    #[test]
    fn settings_of_one_plugin_merge() {
        let both = r#"{"temporal":{"transformer":{"depth":3,"heads":8}}}"#;
        let base = "temporal: {transformer: {depth: 2, heads: 8}}";
        assert_eq!(merged(base, "temporal: {transformer: {depth: 3}}"), both);
        let unchanged = r#"{"temporal":{"transformer":{"depth":2,"heads":8}}}"#;
        for nothing in ["transformer", "{transformer: {}}", "{transformer: }"] {
            assert_eq!(merged(base, &format!("temporal: {nothing}")), unchanged);
        }
        assert_eq!(
            merged(
                "temporal: transformer",
                "temporal: {transformer: {depth: 3}}"
            ),
            r#"{"temporal":{"transformer":{"depth":3}}}"#
        );
    }

    #[test]
    fn only_the_named_top_level_keys_are_plugins() {
        assert_eq!(merged("a: {b: 1}", "a: {c: 2}"), r#"{"a":{"b":1,"c":2}}"#);
        assert_eq!(
            merged("a: {temporal: {b: 1}}", "a: {temporal: {c: 2}}"),
            r#"{"a":{"temporal":{"b":1,"c":2}}}"#
        );
    }

    #[test]
    fn keys_and_values_come_with_the_place_of_the_later_layer() {
        let base = layer("base", "train: {epochs: 3, batch: 4}");
        let node = merge(base, Node::parse_set("train.epochs=5").unwrap(), &[]);
        let [train] = node.entries().unwrap() else {
            panic!("{node:?}")
        };
        assert_eq!(train.key_mark.source.name, "--set train.epochs=5");
        assert_eq!(train.node.mark.source.name, "base");
        assert_eq!(node.get("train.epochs").unwrap().mark.column(), 20);
        assert_eq!(node.get("train.batch").unwrap().mark.source.name, "base");
    }
}
