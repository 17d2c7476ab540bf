//! The example file names every setting, with its default.

use std::path::PathBuf;

use chassis::config::{ProcessConfig, Sources, load};
use mesh::config::Config;
use serde_json::Value;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../chatmesh.example.toml");

/// The keys of a tree, as `section.key`.
fn keys(tree: &Value, above: &str) -> Vec<String> {
    match tree.as_object() {
        Some(table) => table.iter().flat_map(|(key, value)| keys(value, &format!("{above}.{key}"))).collect(),
        None => vec![above.trim_start_matches('.').to_owned()],
    }
}

#[test]
fn the_example_holds_the_defaults() {
    let variables = vec![("CHATMESH_CONFIG".to_owned(), EXAMPLE.to_owned())];
    let (process, mesh) = load::<Config>(&Sources { variables, folder: PathBuf::from(".") }).unwrap();
    assert_eq!(serde_json::to_value(mesh).unwrap(), serde_json::to_value(Config::default()).unwrap());
    assert_eq!(serde_json::to_value(process).unwrap(), serde_json::to_value(ProcessConfig::default()).unwrap());
}

#[test]
fn the_example_names_every_setting() {
    let text = std::fs::read_to_string(EXAMPLE).unwrap();
    let (mut known, own) = (serde_json::to_value(Config::default()).unwrap(), ProcessConfig::default());
    known.as_object_mut().unwrap().extend(serde_json::to_value(own).unwrap().as_object().unwrap().clone());
    let mut section = String::new();
    let mut named: Vec<String> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
        } else if let Some((key, _)) = line.trim_start_matches("# ").split_once(" = ") {
            named.push(format!("{section}{key}"));
        }
    }
    let mut known = keys(&known, "");
    known.sort();
    named.sort();
    assert_eq!(named, known);
}
